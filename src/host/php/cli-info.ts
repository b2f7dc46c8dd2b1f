import texts from './cli-texts.json' with { type: 'json' }
import type { PhpMachine } from './machine.ts'

/** The files of `conf.d` in the order in which Debian's PHP reads them. */
export function iniFiles(folder: string, modules: readonly string[]): string[] {
  const first = new Set(['PDO', 'Zend OPcache', 'mysqlnd'])
  const builtIn = new Set([
    'Core',
    'date',
    'filter',
    'hash',
    'json',
    'libxml',
    'openssl',
    'pcntl',
    'pcre',
    'random',
    'Reflection',
    'session',
    'sodium',
    'SPL',
    'standard',
    'zlib',
  ])
  return modules
    .filter((name) => !builtIn.has(name))
    .map((name) => `${first.has(name) ? 10 : name === 'xml' ? 15 : 20}-${name === 'Zend OPcache' ? 'opcache' : name.toLowerCase()}.ini`)
    .sort()
    .map((name) => `${folder}/conf.d/${name}`)
}

/** What `php -i` and phpinfo() print on a terminal: general part, settings of the core, environment, variables. */
export function cliInfo({ version, uname, modules = [], environment = [], variables }: PhpMachine, built: string): string {
  const minor = version.split('.').slice(0, 2).join('.')
  const ini = `/etc/php/${minor}/cli`
  const general: [string, string][] = [
    ['System', uname],
    ['Build Date', built],
    ['Build System', 'Linux'],
    ['Server API', 'Command Line Interface'],
    ['Virtual Directory Support', 'disabled'],
    ['Configuration File (php.ini) Path', ini],
    ['Loaded Configuration File', `${ini}/php.ini`],
    ['Scan this dir for additional .ini files', `${ini}/conf.d`],
    ['Additional .ini files parsed', `${iniFiles(ini, modules).join(',\n')}\n`],
    ['PHP API', '20220829'],
    ['PHP Extension', '20220829'],
    ['Zend Extension', '420220829'],
    ['Zend Extension Build', 'API420220829,NTS'],
    ['PHP Extension Build', 'API20220829,NTS'],
    ['Debug Build', 'no'],
    ['Thread Safety', 'disabled'],
    ['Zend Signal Handling', 'enabled'],
    ['Zend Memory Manager', 'enabled'],
    ['Zend Multibyte Support', modules.includes('mbstring') ? 'provided by mbstring' : 'disabled'],
    ['Zend Max Execution Timers', 'disabled'],
    ['IPv6 Support', 'enabled'],
    ['DTrace Support', 'available, disabled'],
    ['', ''],
    ['Registered PHP Streams', 'https, ftps, compress.zlib, php, file, glob, data, http, ftp, phar'],
    ['Registered Stream Socket Transports', 'tcp, udp, unix, udg, ssl, tls, tlsv1.0, tlsv1.1, tlsv1.2, tlsv1.3'],
    ['Registered Stream Filters', 'zlib.*, string.rot13, string.toupper, string.tolower, convert.*, consumed, dechunk, convert.iconv.*'],
  ]
  const lines = [
    'phpinfo()',
    `PHP Version => ${version}`,
    '',
    ...general.map(([name, value]) => (name === '' ? '' : `${name} => ${value}`)),
    '',
    'This program makes use of the Zend Scripting Language Engine:',
    `Zend Engine v${version.replace(/^8/, '4')}, Copyright (c) Zend Technologies`,
    `    with Zend OPcache v${version}, Copyright (c), by Zend Technologies`,
    '',
    '',
    ` _______________________________________________________________________`,
    '',
    '',
    'Configuration',
    '',
    'Core',
    '',
    `PHP Version => ${version}`,
    '',
    'Directive => Local Value => Master Value',
    ...texts.core.map((row) => row.join(' => ')),
    '',
    'Environment',
    '',
    'Variable => Value',
    ...environment.map(([name, value]) => `${name} => ${value}`),
    '',
    'PHP Variables',
    '',
    'Variable => Value',
    ...environment.map(([name, value]) => `$_SERVER['${name}'] => ${value}`),
    `$_SERVER['argc'] => ${variables?.get('argc') ?? 0}`,
    '',
    'PHP License',
    'This program is free software; you can redistribute it and/or modify',
    'it under the terms of the PHP License as published by the PHP Group',
    'and included in the distribution in the file:  LICENSE',
    '',
    'This program is distributed in the hope that it will be useful,',
    'but WITHOUT ANY WARRANTY; without even the implied warranty of',
    'MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.',
    '',
    'If you did not receive a copy of the PHP license, or have any',
    'questions about PHP licensing, please contact license@php.net.',
    '',
  ]
  return lines.join('\n')
}
