import type { CommandFile } from '../command.ts'
import awkCommand from './awk.ts'
import base32Command from './base32.ts'
import base64Command from './base64.ts'
import basenameCommand from './basename.ts'
import catCommand from './cat.ts'
import chgrpCommand from './chgrp.ts'
import chmodCommand from './chmod.ts'
import chownCommand from './chown.ts'
import cksumCommand from './cksum.ts'
import cmpCommand from './cmp.ts'
import commCommand from './comm.ts'
import cpCommand from './cp.ts'
import cutCommand from './cut.ts'
import dateCommand from './date.ts'
import ddCommand from './dd.ts'
import dirCommand from './dir.ts'
import dircolorsCommand from './dircolors.ts'
import dirnameCommand from './dirname.ts'
import egrepCommand from './egrep.ts'
import expandCommand from './expand.ts'
import fgrepCommand from './fgrep.ts'
import foldCommand from './fold.ts'
import gawkCommand from './gawk.ts'
import grepCommand from './grep.ts'
import headCommand from './head.ts'
import hexdumpCommand from './hexdump.ts'
import installCommand from './install.ts'
import joinCommand from './join.ts'
import lnCommand from './ln.ts'
import lsCommand from './ls.ts'
import mawkCommand from './mawk.ts'
import md5sumCommand from './md5sum.ts'
import mkdirCommand from './mkdir.ts'
import mkfifoCommand from './mkfifo.ts'
import mknodCommand from './mknod.ts'
import mktempCommand from './mktemp.ts'
import mvCommand from './mv.ts'
import nlCommand from './nl.ts'
import odCommand from './od.ts'
import pasteCommand from './paste.ts'
import readlinkCommand from './readlink.ts'
import realpathCommand from './realpath.ts'
import revCommand from './rev.ts'
import rmCommand from './rm.ts'
import rmdirCommand from './rmdir.ts'
import sedCommand from './sed.ts'
import seqCommand from './seq.ts'
import sha1sumCommand from './sha1sum.ts'
import sha224sumCommand from './sha224sum.ts'
import sha256sumCommand from './sha256sum.ts'
import sha384sumCommand from './sha384sum.ts'
import sha512sumCommand from './sha512sum.ts'
import shufCommand from './shuf.ts'
import sortCommand from './sort.ts'
import splitCommand from './split.ts'
import statCommand from './stat.ts'
import stringsCommand from './strings.ts'
import sumCommand from './sum.ts'
import syncCommand from './sync.ts'
import tacCommand from './tac.ts'
import tailCommand from './tail.ts'
import teeCommand from './tee.ts'
import touchCommand from './touch.ts'
import trCommand from './tr.ts'
import truncateCommand from './truncate.ts'
import unexpandCommand from './unexpand.ts'
import uniqCommand from './uniq.ts'
import vdirCommand from './vdir.ts'
import wcCommand from './wc.ts'
import xxdCommand from './xxd.ts'
import yesCommand from './yes.ts'

/** Every command of the host. */
export const commands: readonly CommandFile[] = [
  awkCommand,
  base32Command,
  base64Command,
  basenameCommand,
  catCommand,
  chgrpCommand,
  chmodCommand,
  chownCommand,
  cksumCommand,
  cmpCommand,
  commCommand,
  cpCommand,
  cutCommand,
  dateCommand,
  ddCommand,
  dirCommand,
  dircolorsCommand,
  dirnameCommand,
  egrepCommand,
  expandCommand,
  fgrepCommand,
  foldCommand,
  gawkCommand,
  grepCommand,
  headCommand,
  hexdumpCommand,
  installCommand,
  joinCommand,
  lnCommand,
  lsCommand,
  mawkCommand,
  md5sumCommand,
  mkdirCommand,
  mkfifoCommand,
  mknodCommand,
  mktempCommand,
  mvCommand,
  nlCommand,
  odCommand,
  pasteCommand,
  readlinkCommand,
  realpathCommand,
  revCommand,
  rmCommand,
  rmdirCommand,
  sedCommand,
  seqCommand,
  sha1sumCommand,
  sha224sumCommand,
  sha256sumCommand,
  sha384sumCommand,
  sha512sumCommand,
  shufCommand,
  sortCommand,
  splitCommand,
  statCommand,
  stringsCommand,
  sumCommand,
  syncCommand,
  tacCommand,
  tailCommand,
  teeCommand,
  touchCommand,
  trCommand,
  truncateCommand,
  unexpandCommand,
  uniqCommand,
  vdirCommand,
  wcCommand,
  xxdCommand,
  yesCommand,
]
