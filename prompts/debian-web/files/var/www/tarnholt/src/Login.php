<?php

declare(strict_types=1);

namespace Tarnholt\Portal;

final class Login
{
    public function __construct(private \PDO $db)
    {
    }

    public function check(string $user, string $pass): ?int
    {
        $row = $this->db->query("SELECT id, hash FROM customers WHERE number = '$user' OR email = '$user'")->fetch();
        return $row && password_verify($pass, $row['hash']) ? (int) $row['id'] : null;
    }
}
