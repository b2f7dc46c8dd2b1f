<?php
session_start();
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Location: /contact/');
    exit;
}
if (!csrf_valid($_POST['csrf'] ?? '')) {
    http_response_code(419);
    $message = 'The form has expired. Please go back, load the page again and send it once more.';
} elseif (strpos($_POST['email'] ?? '', '@') === false) {
    http_response_code(422);
    $message = 'Please give an e-mail address that we can answer to.';
} else {
    $message = 'Thank you, we answer within two working days.';
}
?>
<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Thank you | Tarnholt &amp; Weir</title>
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
    <h1>Thank you</h1>
    <p><?= $message ?></p>
  </main>
  <footer>
    <p>Tarnholt &amp; Weir Joinery, The Old Ropewalk, Quay Lane 7, Osmerby. Open Monday to Friday, 7:30 to 16:30.</p>
    <p><a href="/privacy/">Privacy</a> · <a href="/portal/">Trade portal</a> · <a href="/sitemap.xml">Sitemap</a></p>
  </footer>
  <script src="/assets/js/site.js?v=14" defer></script>
</body>
</html>
