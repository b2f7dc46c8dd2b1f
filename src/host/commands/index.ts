import type { CommandFile } from '../command.ts'
import archCommand from './arch.ts'
import awkCommand from './awk.ts'
import base32Command from './base32.ts'
import base64Command from './base64.ts'
import basenameCommand from './basename.ts'
import bcCommand from './bc.ts'
import bracketCommand from './bracket.ts'
import calCommand from './cal.ts'
import catCommand from './cat.ts'
import chgrpCommand from './chgrp.ts'
import chmodCommand from './chmod.ts'
import chownCommand from './chown.ts'
import chrtCommand from './chrt.ts'
import cksumCommand from './cksum.ts'
import clearCommand from './clear.ts'
import cmpCommand from './cmp.ts'
import columnCommand from './column.ts'
import commCommand from './comm.ts'
import cpCommand from './cp.ts'
import curlCommand from './curl.ts'
import cutCommand from './cut.ts'
import dateCommand from './date.ts'
import ddCommand from './dd.ts'
import dfCommand from './df.ts'
import diffCommand from './diff.ts'
import digCommand from './dig.ts'
import dirCommand from './dir.ts'
import dircolorsCommand from './dircolors.ts'
import dirnameCommand from './dirname.ts'
import duCommand from './du.ts'
import echoCommand from './echo.ts'
import egrepCommand from './egrep.ts'
import envCommand from './env.ts'
import expandCommand from './expand.ts'
import exprCommand from './expr.ts'
import factorCommand from './factor.ts'
import falseCommand from './false.ts'
import fgrepCommand from './fgrep.ts'
import fileCommand from './file.ts'
import findCommand from './find.ts'
import foldCommand from './fold.ts'
import freeCommand from './free.ts'
import ftpCommand from './ftp.ts'
import ftpgetCommand from './ftpget.ts'
import ftpputCommand from './ftpput.ts'
import gawkCommand from './gawk.ts'
import grepCommand from './grep.ts'
import groupsCommand from './groups.ts'
import gunzipCommand from './gunzip.ts'
import gzipCommand from './gzip.ts'
import headCommand from './head.ts'
import hexdumpCommand from './hexdump.ts'
import hostCommand from './host.ts'
import hostidCommand from './hostid.ts'
import idCommand from './id.ts'
import installCommand from './install.ts'
import ioniceCommand from './ionice.ts'
import joinCommand from './join.ts'
import jqCommand from './jq.ts'
import killCommand from './kill.ts'
import killallCommand from './killall.ts'
import lastCommand from './last.ts'
import lastbCommand from './lastb.ts'
import lastlogCommand from './lastlog.ts'
import lnCommand from './ln.ts'
import lognameCommand from './logname.ts'
import lsCommand from './ls.ts'
import mawkCommand from './mawk.ts'
import md5sumCommand from './md5sum.ts'
import mkdirCommand from './mkdir.ts'
import mkfifoCommand from './mkfifo.ts'
import mknodCommand from './mknod.ts'
import mktempCommand from './mktemp.ts'
import mvCommand from './mv.ts'
import ncCommand from './nc.ts'
import niceCommand from './nice.ts'
import nlCommand from './nl.ts'
import nohupCommand from './nohup.ts'
import nprocCommand from './nproc.ts'
import nslookupCommand from './nslookup.ts'
import odCommand from './od.ts'
import pasteCommand from './paste.ts'
import pgrepCommand from './pgrep.ts'
import pidofCommand from './pidof.ts'
import pingCommand from './ping.ts'
import pkillCommand from './pkill.ts'
import printenvCommand from './printenv.ts'
import printfCommand from './printf.ts'
import psCommand from './ps.ts'
import pstreeCommand from './pstree.ts'
import pwdCommand from './pwd.ts'
import readlinkCommand from './readlink.ts'
import realpathCommand from './realpath.ts'
import revCommand from './rev.ts'
import rmCommand from './rm.ts'
import rmdirCommand from './rmdir.ts'
import rsyncCommand from './rsync.ts'
import scpCommand from './scp.ts'
import sedCommand from './sed.ts'
import seqCommand from './seq.ts'
import setsidCommand from './setsid.ts'
import sftpCommand from './sftp.ts'
import sha1sumCommand from './sha1sum.ts'
import sha224sumCommand from './sha224sum.ts'
import sha256sumCommand from './sha256sum.ts'
import sha384sumCommand from './sha384sum.ts'
import sha512sumCommand from './sha512sum.ts'
import shufCommand from './shuf.ts'
import sleepCommand from './sleep.ts'
import sortCommand from './sort.ts'
import splitCommand from './split.ts'
import sshCommand from './ssh.ts'
import statCommand from './stat.ts'
import stdbufCommand from './stdbuf.ts'
import stringsCommand from './strings.ts'
import sumCommand from './sum.ts'
import syncCommand from './sync.ts'
import tacCommand from './tac.ts'
import tailCommand from './tail.ts'
import tarCommand from './tar.ts'
import tasksetCommand from './taskset.ts'
import teeCommand from './tee.ts'
import telnetCommand from './telnet.ts'
import testCommand from './test.ts'
import tftpCommand from './tftp.ts'
import timeoutCommand from './timeout.ts'
import touchCommand from './touch.ts'
import trCommand from './tr.ts'
import trueCommand from './true.ts'
import truncateCommand from './truncate.ts'
import ttyCommand from './tty.ts'
import unameCommand from './uname.ts'
import unbufferCommand from './unbuffer.ts'
import unexpandCommand from './unexpand.ts'
import uniqCommand from './uniq.ts'
import unzipCommand from './unzip.ts'
import uptimeCommand from './uptime.ts'
import usersCommand from './users.ts'
import vdirCommand from './vdir.ts'
import wCommand from './w.ts'
import wcCommand from './wc.ts'
import wgetCommand from './wget.ts'
import whereisCommand from './whereis.ts'
import whichCommand from './which.ts'
import whoCommand from './who.ts'
import whoamiCommand from './whoami.ts'
import xargsCommand from './xargs.ts'
import xxdCommand from './xxd.ts'
import yesCommand from './yes.ts'
import zcatCommand from './zcat.ts'
import zipCommand from './zip.ts'

/** Every command of the host. */
export const commands: readonly CommandFile[] = [
  archCommand,
  awkCommand,
  base32Command,
  base64Command,
  basenameCommand,
  bcCommand,
  bracketCommand,
  calCommand,
  catCommand,
  chgrpCommand,
  chmodCommand,
  chownCommand,
  chrtCommand,
  cksumCommand,
  clearCommand,
  cmpCommand,
  columnCommand,
  commCommand,
  cpCommand,
  curlCommand,
  cutCommand,
  dateCommand,
  ddCommand,
  dfCommand,
  diffCommand,
  digCommand,
  dirCommand,
  dircolorsCommand,
  dirnameCommand,
  duCommand,
  echoCommand,
  egrepCommand,
  envCommand,
  expandCommand,
  exprCommand,
  factorCommand,
  falseCommand,
  fgrepCommand,
  fileCommand,
  findCommand,
  foldCommand,
  freeCommand,
  ftpCommand,
  ftpgetCommand,
  ftpputCommand,
  gawkCommand,
  grepCommand,
  groupsCommand,
  gunzipCommand,
  gzipCommand,
  headCommand,
  hexdumpCommand,
  hostCommand,
  hostidCommand,
  idCommand,
  installCommand,
  ioniceCommand,
  joinCommand,
  jqCommand,
  killCommand,
  killallCommand,
  lastCommand,
  lastbCommand,
  lastlogCommand,
  lnCommand,
  lognameCommand,
  lsCommand,
  mawkCommand,
  md5sumCommand,
  mkdirCommand,
  mkfifoCommand,
  mknodCommand,
  mktempCommand,
  mvCommand,
  ncCommand,
  niceCommand,
  nlCommand,
  nohupCommand,
  nprocCommand,
  nslookupCommand,
  odCommand,
  pasteCommand,
  pgrepCommand,
  pidofCommand,
  pingCommand,
  pkillCommand,
  printenvCommand,
  printfCommand,
  psCommand,
  pstreeCommand,
  pwdCommand,
  readlinkCommand,
  realpathCommand,
  revCommand,
  rmCommand,
  rmdirCommand,
  rsyncCommand,
  scpCommand,
  sedCommand,
  seqCommand,
  setsidCommand,
  sftpCommand,
  sha1sumCommand,
  sha224sumCommand,
  sha256sumCommand,
  sha384sumCommand,
  sha512sumCommand,
  shufCommand,
  sleepCommand,
  sortCommand,
  splitCommand,
  sshCommand,
  statCommand,
  stdbufCommand,
  stringsCommand,
  sumCommand,
  syncCommand,
  tacCommand,
  tailCommand,
  tarCommand,
  tasksetCommand,
  teeCommand,
  telnetCommand,
  testCommand,
  tftpCommand,
  timeoutCommand,
  touchCommand,
  trCommand,
  trueCommand,
  truncateCommand,
  ttyCommand,
  unameCommand,
  unbufferCommand,
  unexpandCommand,
  uniqCommand,
  unzipCommand,
  uptimeCommand,
  usersCommand,
  vdirCommand,
  wCommand,
  wcCommand,
  wgetCommand,
  whereisCommand,
  whichCommand,
  whoCommand,
  whoamiCommand,
  xargsCommand,
  xxdCommand,
  yesCommand,
  zcatCommand,
  zipCommand,
]
