<?php

declare(strict_types=1);

require __DIR__ . '/../src/bootstrap.php';

foreach ($db->query('SELECT id, recipient, subject, body FROM mail_queue WHERE sent_at IS NULL LIMIT 20') as $mail) {
    if (mail($mail['recipient'], $mail['subject'], $mail['body'], 'From: ' . $env['MAIL_FROM'])) {
        $db->prepare('UPDATE mail_queue SET sent_at = NOW() WHERE id = ?')->execute([$mail['id']]);
    }
}
