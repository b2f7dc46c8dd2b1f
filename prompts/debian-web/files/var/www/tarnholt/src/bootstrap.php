<?php

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/' . str_replace(['Tarnholt\\Portal\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});

$env = parse_ini_file(__DIR__ . '/../.env', false, INI_SCANNER_RAW);
$db = Tarnholt\Portal\Database::open($env);
