<?php
require 'config.php';
require 'lib/layout.php';

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $name = $_POST['username'];
    $hash = md5($_POST['password']);
    $result = $db->query("SELECT id, username, role FROM users WHERE username = '$name' AND password = '$hash'");
    if ($user = $result->fetch_assoc()) {
        $_SESSION['user'] = $user;
        header('Location: ' . ($user['role'] === 'customer' ? '/account.php' : '/admin/'));
        exit;
    }
    $error = 'Wrong user name or password.';
}
page_header('Sign in');
show_login($error ?? null);
page_footer();
