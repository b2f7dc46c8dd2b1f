<?php

declare(strict_types=1);

namespace Tarnholt\Portal;

use PDO;

final class Database
{
    private static ?PDO $pdo = null;

    public static function open(array $env): PDO
    {
        return self::$pdo ??= new PDO(
            sprintf('mysql:host=%s;dbname=%s;charset=utf8mb4', $env['DB_HOST'], $env['DB_NAME']),
            $env['DB_USER'],
            $env['DB_PASS'],
            [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION],
        );
    }
}
