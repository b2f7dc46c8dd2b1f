<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Contact | Tarnholt & Weir</title>
  <meta name="description" content="Contact | Tarnholt & Weir">
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
        <li><a href="/contact/" aria-current="page">Contact</a></li>
      </ul>
    </nav>
    <a class="button" href="/quote/">Ask for a quote</a>
  </header>
  <main>
    <h1>Contact</h1>
    <form action="/contact.php" method="post">
      <input type="hidden" name="csrf" value="<?= csrf_token() ?>">
      <label>Your name <input name="name" required maxlength="80"></label>
      <label>E-mail <input name="email" type="email" required maxlength="120"></label>
      <label>Message <textarea name="message" rows="7" required maxlength="4000"></textarea></label>
      <button class="button">Send</button>
    </form>
    <p>Or write to <a href="mailto:office@{{domain}}">office@{{domain}}</a>.</p>
  </main>
  <footer>
    <p>Tarnholt &amp; Weir Joinery, The Old Ropewalk, Quay Lane 7, Osmerby. Open Monday to Friday, 7:30 to 16:30.</p>
    <p><a href="/privacy/">Privacy</a> · <a href="/portal/">Trade portal</a> · <a href="/sitemap.xml">Sitemap</a></p>
  </footer>
  <script src="/assets/js/site.js?v=14" defer></script>
</body>
</html>
