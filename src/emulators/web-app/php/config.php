<?php
// Database of the shop
define('DB_HOST', 'localhost');
define('DB_USER', 'shop');
define('DB_PASS', '{{honeytoken:password:shop}}');
define('DB_NAME', 'shop');
define('UPLOAD_DIR', __DIR__ . '/uploads/');
define('DEBUG', true);

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$db = new mysqli(DB_HOST, DB_USER, DB_PASS, DB_NAME);
$db->set_charset('utf8mb4');
session_start();
