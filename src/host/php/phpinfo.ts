import { escapeHtml } from './escape-html.ts'
import type { PhpMachine } from './machine.ts'

type Row = readonly [string, string]

/** The page of phpinfo(), as far as scanners and people look: version, system, paths, environment, limits. */
export function phpInfo({ version, uname, environment = [] }: PhpMachine): string {
  const minor = version.split('.').slice(0, 2).join('.')
  const ini = `/etc/php/${minor}/fpm`
  const general: Row[] = [
    ['System', uname],
    ['Build System', 'Linux'],
    ['Server API', 'FPM/FastCGI'],
    ['Virtual Directory Support', 'disabled'],
    ['Configuration File (php.ini) Path', ini],
    ['Loaded Configuration File', `${ini}/php.ini`],
    ['Scan this dir for additional .ini files', `${ini}/conf.d`],
    ['PHP API', '20220829'],
    ['Zend Extension', '420220829'],
    ['Debug Build', 'no'],
    ['Thread Safety', 'disabled'],
    ['IPv6 Support', 'enabled'],
    ['Registered PHP Streams', 'https, ftps, compress.zlib, php, file, glob, data, http, ftp, phar'],
  ]
  const core: [string, string, string][] = [
    ['allow_url_fopen', 'On', 'On'],
    ['allow_url_include', 'Off', 'Off'],
    ['disable_functions', 'no value', 'no value'],
    ['display_errors', 'Off', 'Off'],
    ['expose_php', 'Off', 'Off'],
    ['file_uploads', 'On', 'On'],
    ['memory_limit', '128M', '128M'],
    ['open_basedir', 'no value', 'no value'],
    ['post_max_size', '12M', '12M'],
    ['upload_max_filesize', '10M', '10M'],
  ]
  return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head>
<style type="text/css">
body {background-color: #fff; color: #222; font-family: sans-serif;}
table {border-collapse: collapse; border: 0; width: 934px; box-shadow: 1px 2px 3px rgba(0, 0, 0, 0.2);}
.center {text-align: center;}
.center table {margin: 1em auto; text-align: left;}
td, th {border: 1px solid #666; font-size: 75%; vertical-align: baseline; padding: 4px 5px;}
.e {background-color: #ccf; width: 300px; font-weight: bold;}
.h {background-color: #99c; font-weight: bold;}
.v {background-color: #ddd; max-width: 300px; overflow-x: auto; word-wrap: break-word;}
</style>
<title>PHP ${escapeHtml(version)} - phpinfo()</title><meta name="ROBOTS" content="NOINDEX,NOFOLLOW,NOARCHIVE" /></head>
<body><div class="center">
${table([], [`<tr class="h"><td>\n<h1 class="p">PHP Version ${escapeHtml(version)}</h1>\n</td></tr>`])}
${table([], general.map(row))}
<h1>Configuration</h1>
<h2>Core</h2>
${table(['Directive', 'Local Value', 'Master Value'], [['PHP Version', version] as Row, ...core].map(row))}
<h2>Environment</h2>
${table(['Variable', 'Value'], environment.map(row))}
</div></body></html>`
}

function table(head: readonly string[], rows: readonly string[]): string {
  const top = head.length > 0 ? `<tr class="h">${head.map((name) => `<th>${name}</th>`).join('')}</tr>\n` : ''
  return `<table>\n${top}${rows.join('\n')}\n</table>`
}

function row([name = '', ...values]: readonly string[]): string {
  return `<tr><td class="e">${escapeHtml(name)} </td>${values.map((value) => `<td class="v">${escapeHtml(value)} </td>`).join('')}</tr>`
}
