/** Modules that Debian's php8.2-cli and php8.2-common have themselves. */
export const MODULES: readonly string[] = (
  'calendar Core ctype date exif FFI fileinfo filter ftp gettext hash iconv json libxml openssl pcntl pcre PDO Phar ' +
  'posix random readline Reflection session shmop sockets sodium SPL standard sysvmsg sysvsem sysvshm tokenizer Zend_OPcache zlib'
)
  .split(' ')
  .map((name) => name.replace('_', ' '))

/** What a package of an extension brings. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  curl: ['curl'],
  gd: ['gd'],
  mbstring: ['mbstring'],
  mysql: ['mysqli', 'mysqlnd', 'pdo_mysql'],
  xml: ['dom', 'SimpleXML', 'xml', 'xmlreader', 'xmlwriter', 'xsl'],
  zip: ['zip'],
  intl: ['intl'],
  bcmath: ['bcmath'],
  gmp: ['gmp'],
  pgsql: ['pgsql', 'pdo_pgsql'],
  sqlite3: ['sqlite3', 'pdo_sqlite'],
  soap: ['soap'],
  redis: ['redis'],
}

/** @param packages `php8.2-curl 8.2.29-1~deb12u1` among others */
export function modulesOf(packages: readonly string[]): string[] {
  const more = packages.flatMap((name) => EXTENSIONS[/^php8\.\d-(\w+) /.exec(name)?.[1] ?? ''] ?? [])
  return [...MODULES, ...more].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
}
