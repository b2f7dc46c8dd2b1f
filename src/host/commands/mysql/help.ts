/** Commands of the MariaDB client 10.11, as `\\h` lists them. */
const COMMANDS = `?         (\\?) Synonym for \`help'.
charset   (\\C) Switch to another charset. Might be needed for processing binlog with multi-byte charsets.
clear     (\\c) Clear the current input statement.
connect   (\\r) Reconnect to the server. Optional arguments are db and host.
delimiter (\\d) Set statement delimiter.
edit      (\\e) Edit command with $EDITOR.
ego       (\\G) Send command to MariaDB server, display result vertically.
exit      (\\q) Exit mysql. Same as quit.
go        (\\g) Send command to MariaDB server.
help      (\\h) Display this help.
nopager   (\\n) Disable pager, print to stdout.
notee     (\\t) Don't write into outfile.
nowarning (\\w) Don't show warnings after every statement.
pager     (\\P) Set PAGER [to_pager]. Print the query results via PAGER.
print     (\\p) Print current command.
prompt    (\\R) Change your mysql prompt.
quit      (\\q) Quit mysql.
rehash    (\\#) Rebuild completion hash.
sandbox   (\\-) Disallow commands that access the file system (except \\P without an argument and \\e).
source    (\\.) Execute an SQL script file. Takes a file name as an argument.
status    (\\s) Get status information from the server.
system    (\\!) Execute a system shell command.
tee       (\\T) Set outfile [to_outfile]. Append everything into given outfile.
use       (\\u) Use another database. Takes database name as argument.
warnings  (\\W) Show warnings after every statement.
`

export function helpText(info: (text: string) => string): string {
  return (
    info('\nGeneral information about MariaDB can be found at\nhttp://mariadb.org\n\n') +
    info('List of all client commands:\n') +
    info("Note that all text commands must be first on line and end with ';'\n") +
    COMMANDS +
    info("\nFor server side help, type 'help contents'\n\n")
  )
}
