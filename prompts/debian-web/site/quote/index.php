<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Ask for a quote | Tarnholt & Weir</title>
  <meta name="description" content="Ask for a quote | Tarnholt & Weir">
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
    <h1>Ask for a quote</h1>
    <form action="/quote.php" method="post" enctype="multipart/form-data">
      <input type="hidden" name="csrf" value="<?= csrf_token() ?>">
      <label>What do you need?
        <select name="product"><option>Casement C68</option><option>Casement C78</option><option>Box sash BS2</option><option>Tilt and turn T78</option><option>Door</option></select>
      </label>
      <label>Pieces <input name="pieces" type="number" min="1" max="400" value="1"></label>
      <label>Width and height in mm <input name="size" placeholder="1200 x 1400"></label>
      <label>E-mail <input name="email" type="email" required></label>
      <label>Drawing or photo (PDF, JPG, DWG up to 10 MB) <input name="drawing" type="file"></label>
      <button class="button">Send request</button>
    </form>
  </main>
  <footer>
    <p>Tarnholt &amp; Weir Joinery, The Old Ropewalk, Quay Lane 7, Osmerby. Open Monday to Friday, 7:30 to 16:30.</p>
    <p><a href="/privacy/">Privacy</a> · <a href="/portal/">Trade portal</a> · <a href="/sitemap.xml">Sitemap</a></p>
  </footer>
  <script src="/assets/js/site.js?v=14" defer></script>
</body>
</html>
