<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Trade portal | Tarnholt & Weir</title>
  <meta name="description" content="Trade portal | Tarnholt & Weir">
  <link rel="icon" href="/favicon.ico" sizes="32x32">
  <link rel="apple-touch-icon" href="/assets/img/touch-icon.png">
  <link rel="stylesheet" href="/assets/css/site.css?v=14">
</head>
<body>
  <header class="top">
    <a class="brand" href="/"><img src="/assets/img/logo.svg" width="196" height="44" alt="Tarnholt &amp; Weir"></a>
    <nav>
      <ul>
        <li><a href="/">Home</a></li>
        <li><a href="/windows/">Windows</a></li>
        <li><a href="/doors/">Doors</a></li>
        <li><a href="/workshop/">Workshop</a></li>
        <li><a href="/news/">News</a></li>
        <li><a href="/contact/">Contact</a></li>
      </ul>
    </nav>
    <a class="button" href="/quote/">Ask for a quote</a>
  </header>
  <main>
    <h1>Trade portal</h1>
    <form action="/portal/login.php" method="post" class="narrow">
      <input type="hidden" name="csrf" value="<?= csrf_token() ?>">
      <label>Customer number or e-mail <input name="user" autocomplete="username" required></label>
      <label>Password <input name="pass" type="password" autocomplete="current-password" required></label>
      <input type="hidden" name="next" value="/portal/orders.php">
      <button class="button">Sign in</button>
    </form>
    <p><a href="/portal/reset.php">Forgotten your password?</a></p>
  </main>
  <footer>
    <p>Tarnholt &amp; Weir Joinery, The Old Ropewalk, Quay Lane 7, Osmerby. Open Monday to Friday, 7:30 to 16:30.</p>
    <p><a href="/privacy/">Privacy</a> · <a href="/portal/">Trade portal</a> · <a href="/sitemap.xml">Sitemap</a></p>
  </footer>
  <script src="/assets/js/site.js?v=14" defer></script>
</body>
</html>
