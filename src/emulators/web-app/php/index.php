<?php
require 'config.php';
require 'lib/layout.php';

if (isset($_GET['id'])) {
    $id = $_GET['id'];
    $result = $db->query("SELECT id, name, description, price, stock FROM products WHERE id = $id");
    $product = $result->fetch_assoc();
    page_header($product ? $product['name'] : 'Not found');
    $product ? show_product($product) : show_missing();
} elseif (isset($_GET['page']) || isset($_GET['file'])) {
    page_header('Information');
    include($_GET['page'] ?? $_GET['file']);
} else {
    page_header('Welcome');
    show_products($db->query('SELECT id, name, description, price, stock FROM products ORDER BY id'));
}
page_footer();
