import { httpRequest } from '../http-request.ts'

/** Every product at once, so that inputs meet every matcher. */
export const options = { products: 'all' }

const json = (target: string, body: unknown): Buffer =>
  httpRequest('POST', target, JSON.stringify(body), { 'Content-Type': 'application/json' })

/** What the shipped traps wait for: pages, injections, uploads that are fetched again, logins. */
export default [
  Buffer.concat(['/', '/login.action', '/.git/config', '/.env', '/actuator/env', '/nothing'].map((path) => httpRequest('GET', path))),
  httpRequest(
    'GET',
    '/%24%7B%28%23a%3D%40org.apache.commons.io.IOUtils%40toString%28%40java.lang.Runtime%40getRuntime%28%29.exec%28%22id%22%29%29%29%7D/',
  ),
  Buffer.concat([
    httpRequest('PUT', '/x.jsp/', '<% out.println("CVE-2017-12615"); %>', { 'Content-Type': 'application/octet-stream' }),
    httpRequest('GET', '/x.jsp'),
  ]),
  json('/login', { user: 'admin', password: 'admin' }),
  json('/_search', { script_fields: { a: { script: 'x' } } }),
  httpRequest('GET', '/api/fabric/device/status', '', { Authorization: "Bearer x'or'1'='1" }),
  httpRequest('POST', '/cgi-bin/.%2e/.%2e/.%2e/bin/sh', 'echo;id', { 'Content-Type': 'text/plain' }),
  httpRequest('GET', '/', '', { 'User-Agent': '() { :; }; echo; /usr/bin/id', Cookie: 'a=b; rememberMe=1' }),
  httpRequest('POST', '/upload', '--b\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\n\r\n<?php echo 1;\r\n--b--\r\n', {
    'Content-Type': 'multipart/form-data; boundary=b',
  }),
]
