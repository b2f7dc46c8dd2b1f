import type { CommandFile } from '../command.ts'
import adduserCommand from './adduser.ts'
import apache2ctlCommand from './apache2ctl.ts'
import { noteCommandPaths } from './apt/command-paths.ts'
import aptCommand from './apt.ts'
import aptCacheCommand from './apt-cache.ts'
import aptConfigCommand from './apt-config.ts'
import aptGetCommand from './apt-get.ts'
import aptKeyCommand from './apt-key.ts'
import aptMarkCommand from './apt-mark.ts'
import archCommand from './arch.ts'
import arpCommand from './arp.ts'
import awkCommand from './awk.ts'
import b2sumCommand from './b2sum.ts'
import base32Command from './base32.ts'
import base64Command from './base64.ts'
import basenameCommand from './basename.ts'
import basencCommand from './basenc.ts'
import bcCommand from './bc.ts'
import blkidCommand from './blkid.ts'
import blockdevCommand from './blockdev.ts'
import bracketCommand from './bracket.ts'
import bridgeCommand from './bridge.ts'
import busctlCommand from './busctl.ts'
import bzip2Command from './bzip2.ts'
import calCommand from './cal.ts'
import capshCommand from './capsh.ts'
import catCommand from './cat.ts'
import certbotCommand from './certbot.ts'
import chageCommand from './chage.ts'
import chattrCommand from './chattr.ts'
import chgrpCommand from './chgrp.ts'
import chmodCommand from './chmod.ts'
import chownCommand from './chown.ts'
import chpasswdCommand from './chpasswd.ts'
import chrootCommand from './chroot.ts'
import chrtCommand from './chrt.ts'
import chshCommand from './chsh.ts'
import cksumCommand from './cksum.ts'
import clearCommand from './clear.ts'
import cmpCommand from './cmp.ts'
import columnCommand from './column.ts'
import commCommand from './comm.ts'
import cpCommand from './cp.ts'
import cpioCommand from './cpio.ts'
import crontabCommand from './crontab.ts'
import csplitCommand from './csplit.ts'
import curlCommand from './curl.ts'
import cutCommand from './cut.ts'
import dateCommand from './date.ts'
import ddCommand from './dd.ts'
import debconfShowCommand from './debconf-show.ts'
import deluserCommand from './deluser.ts'
import dfCommand from './df.ts'
import diffCommand from './diff.ts'
import digCommand from './dig.ts'
import dirCommand from './dir.ts'
import dircolorsCommand from './dircolors.ts'
import dirnameCommand from './dirname.ts'
import dmesgCommand from './dmesg.ts'
import dmidecodeCommand from './dmidecode.ts'
import dockerCommand from './docker.ts'
import dpkgCommand from './dpkg.ts'
import dpkgDebCommand from './dpkg-deb.ts'
import dpkgDivertCommand from './dpkg-divert.ts'
import dpkgQueryCommand from './dpkg-query.ts'
import dpkgReconfigureCommand from './dpkg-reconfigure.ts'
import dpkgStatoverrideCommand from './dpkg-statoverride.ts'
import duCommand from './du.ts'
import echoCommand from './echo.ts'
import egrepCommand from './egrep.ts'
import envCommand from './env.ts'
import envsubstCommand from './envsubst.ts'
import ethtoolCommand from './ethtool.ts'
import expandCommand from './expand.ts'
import exprCommand from './expr.ts'
import factorCommand from './factor.ts'
import fail2banClientCommand from './fail2ban-client.ts'
import faillogCommand from './faillog.ts'
import fallocateCommand from './fallocate.ts'
import falseCommand from './false.ts'
import fdiskCommand from './fdisk.ts'
import fgrepCommand from './fgrep.ts'
import fileCommand from './file.ts'
import findCommand from './find.ts'
import findmntCommand from './findmnt.ts'
import flockCommand from './flock.ts'
import fmtCommand from './fmt.ts'
import foldCommand from './fold.ts'
import freeCommand from './free.ts'
import ftpCommand from './ftp.ts'
import ftpgetCommand from './ftpget.ts'
import ftpputCommand from './ftpput.ts'
import gawkCommand from './gawk.ts'
import gccCommand from './gcc.ts'
import getcapCommand from './getcap.ts'
import getconfCommand from './getconf.ts'
import getentCommand from './getent.ts'
import getoptCommand from './getopt.ts'
import getpcapsCommand from './getpcaps.ts'
import gettextCommand from './gettext.ts'
import gitCommand from './git.ts'
import gpasswdCommand from './gpasswd.ts'
import grepCommand from './grep.ts'
import groupaddCommand from './groupadd.ts'
import groupdelCommand from './groupdel.ts'
import groupmodCommand from './groupmod.ts'
import groupsCommand from './groups.ts'
import gunzipCommand from './gunzip.ts'
import gxxCommand from './gxx.ts'
import gzipCommand from './gzip.ts'
import haltCommand from './halt.ts'
import headCommand from './head.ts'
import hexdumpCommand from './hexdump.ts'
import hostCommand from './host.ts'
import hostidCommand from './hostid.ts'
import hostnameCommand from './hostname.ts'
import hostnamectlCommand from './hostnamectl.ts'
import hwclockCommand from './hwclock.ts'
import iconvCommand from './iconv.ts'
import idCommand from './id.ts'
import ifconfigCommand from './ifconfig.ts'
import insmodCommand from './insmod.ts'
import installCommand from './install.ts'
import ioniceCommand from './ionice.ts'
import iostatCommand from './iostat.ts'
import ipCommand from './ip.ts'
import ip6tablesCommand from './ip6tables.ts'
import ipcsCommand from './ipcs.ts'
import iptablesCommand from './iptables.ts'
import iptablesSaveCommand from './iptables-save.ts'
import joinCommand from './join.ts'
import journalctlCommand from './journalctl.ts'
import jqCommand from './jq.ts'
import killCommand from './kill.ts'
import killallCommand from './killall.ts'
import killall5Command from './killall5.ts'
import kmodCommand from './kmod.ts'
import lastCommand from './last.ts'
import lastbCommand from './lastb.ts'
import lastlogCommand from './lastlog.ts'
import lddCommand from './ldd.ts'
import lessCommand from './less.ts'
import lesspipeCommand from './lesspipe.ts'
import linkCommand from './link.ts'
import lnCommand from './ln.ts'
import localeCommand from './locale.ts'
import localectlCommand from './localectl.ts'
import loggerCommand from './logger.ts'
import loginctlCommand from './loginctl.ts'
import lognameCommand from './logname.ts'
import logreadCommand from './logread.ts'
import logrotateCommand from './logrotate.ts'
import losetupCommand from './losetup.ts'
import lsCommand from './ls.ts'
import lsattrCommand from './lsattr.ts'
import lsbReleaseCommand from './lsb_release.ts'
import lsblkCommand from './lsblk.ts'
import lscpuCommand from './lscpu.ts'
import lslocksCommand from './lslocks.ts'
import lsloginsCommand from './lslogins.ts'
import lsmodCommand from './lsmod.ts'
import lsnsCommand from './lsns.ts'
import lsofCommand from './lsof.ts'
import lspciCommand from './lspci.ts'
import lsusbCommand from './lsusb.ts'
import mailMailutilsCommand from './mail.mailutils.ts'
import manCommand from './man.ts'
import mandbCommand from './mandb.ts'
import manpathCommand from './manpath.ts'
import mariadbCommand from './mariadb.ts'
import mariadbAdminCommand from './mariadb-admin.ts'
import mariadbCheckCommand from './mariadb-check.ts'
import mariadbDumpCommand from './mariadb-dump.ts'
import mariadbShowCommand from './mariadb-show.ts'
import mawkCommand from './mawk.ts'
import md5sumCommand from './md5sum.ts'
import mesgCommand from './mesg.ts'
import mkdirCommand from './mkdir.ts'
import mke2fsCommand from './mke2fs.ts'
import mkfifoCommand from './mkfifo.ts'
import mkfsCommand from './mkfs.ts'
import mknodCommand from './mknod.ts'
import mkswapCommand from './mkswap.ts'
import mktempCommand from './mktemp.ts'
import modprobeCommand from './modprobe.ts'
import moreCommand from './more.ts'
import mountCommand from './mount.ts'
import mountpointCommand from './mountpoint.ts'
import mvCommand from './mv.ts'
import mysqlCommand from './mysql.ts'
import mysqldumpCommand from './mysqldump.ts'
import nameiCommand from './namei.ts'
import nanoCommand from './nano.ts'
import ncCommand from './nc.ts'
import netstatCommand from './netstat.ts'
import networkctlCommand from './networkctl.ts'
import newgrpCommand from './newgrp.ts'
import nftCommand from './nft.ts'
import ngettextCommand from './ngettext.ts'
import nginxCommand from './nginx.ts'
import niceCommand from './nice.ts'
import nlCommand from './nl.ts'
import nohupCommand from './nohup.ts'
import nologinCommand from './nologin.ts'
import nprocCommand from './nproc.ts'
import nsenterCommand from './nsenter.ts'
import nslookupCommand from './nslookup.ts'
import numfmtCommand from './numfmt.ts'
import nvidiaSmiCommand from './nvidia-smi.ts'
import odCommand from './od.ts'
import opensslCommand from './openssl.ts'
import opkgCommand from './opkg.ts'
import passwdCommand from './passwd.ts'
import pasteCommand from './paste.ts'
import patchCommand from './patch.ts'
import perlCommand from './perl.ts'
import perldocCommand from './perldoc.ts'
import pgrepCommand from './pgrep.ts'
import phpCommand from './php.ts'
import pidofCommand from './pidof.ts'
import pingCommand from './ping.ts'
import pivotRootCommand from './pivot_root.ts'
import pkillCommand from './pkill.ts'
import pmapCommand from './pmap.ts'
import postconfCommand from './postconf.ts'
import postqueueCommand from './postqueue.ts'
import postsuperCommand from './postsuper.ts'
import poweroffCommand from './poweroff.ts'
import printenvCommand from './printenv.ts'
import printfCommand from './printf.ts'
import psCommand from './ps.ts'
import pstreeCommand from './pstree.ts'
import pwdCommand from './pwd.ts'
import pwdxCommand from './pwdx.ts'
import python3Command from './python3.ts'
import readlinkCommand from './readlink.ts'
import realpathCommand from './realpath.ts'
import rebootCommand from './reboot.ts'
import redisCliCommand from './redis-cli.ts'
import resolvectlCommand from './resolvectl.ts'
import revCommand from './rev.ts'
import rmCommand from './rm.ts'
import rmdirCommand from './rmdir.ts'
import rmmodCommand from './rmmod.ts'
import routeCommand from './route.ts'
import rsyncCommand from './rsync.ts'
import rsyslogdCommand from './rsyslogd.ts'
import runMailcapCommand from './run-mailcap.ts'
import runPartsCommand from './run-parts.ts'
import runuserCommand from './runuser.ts'
import scpCommand from './scp.ts'
import screenCommand from './screen.ts'
import scriptCommand from './script.ts'
import sedCommand from './sed.ts'
import selectEditorCommand from './select-editor.ts'
import sendmailCommand from './sendmail.ts'
import sensibleEditorCommand from './sensible-editor.ts'
import seqCommand from './seq.ts'
import serviceCommand from './service.ts'
import setarchCommand from './setarch.ts'
import setcapCommand from './setcap.ts'
import setprivCommand from './setpriv.ts'
import setsidCommand from './setsid.ts'
import sftpCommand from './sftp.ts'
import sha1sumCommand from './sha1sum.ts'
import sha224sumCommand from './sha224sum.ts'
import sha256sumCommand from './sha256sum.ts'
import sha384sumCommand from './sha384sum.ts'
import sha512sumCommand from './sha512sum.ts'
import shasumCommand from './shasum.ts'
import shredCommand from './shred.ts'
import shufCommand from './shuf.ts'
import shutdownCommand from './shutdown.ts'
import sleepCommand from './sleep.ts'
import sortCommand from './sort.ts'
import splitCommand from './split.ts'
import ssCommand from './ss.ts'
import sshCommand from './ssh.ts'
import sshAddCommand from './ssh-add.ts'
import sshAgentCommand from './ssh-agent.ts'
import sshCopyIdCommand from './ssh-copy-id.ts'
import sshKeygenCommand from './ssh-keygen.ts'
import sshKeyscanCommand from './ssh-keyscan.ts'
import sshdCommand from './sshd.ts'
import statCommand from './stat.ts'
import stdbufCommand from './stdbuf.ts'
import stringsCommand from './strings.ts'
import sttyCommand from './stty.ts'
import suCommand from './su.ts'
import sudoCommand from './sudo.ts'
import sumCommand from './sum.ts'
import swapoffCommand from './swapoff.ts'
import swaponCommand from './swapon.ts'
import syncCommand from './sync.ts'
import sysctlCommand from './sysctl.ts'
import systemctlCommand from './systemctl.ts'
import systemdAnalyzeCommand from './systemd-analyze.ts'
import systemdCatCommand from './systemd-cat.ts'
import systemdCglsCommand from './systemd-cgls.ts'
import systemdCgtopCommand from './systemd-cgtop.ts'
import systemdDetectVirtCommand from './systemd-detect-virt.ts'
import systemdRunCommand from './systemd-run.ts'
import systemdTmpfilesCommand from './systemd-tmpfiles.ts'
import tacCommand from './tac.ts'
import tailCommand from './tail.ts'
import tarCommand from './tar.ts'
import tasksetCommand from './taskset.ts'
import tcCommand from './tc.ts'
import tcpdumpCommand from './tcpdump.ts'
import teeCommand from './tee.ts'
import telnetCommand from './telnet.ts'
import testCommand from './test.ts'
import tftpCommand from './tftp.ts'
import timedatectlCommand from './timedatectl.ts'
import timeoutCommand from './timeout.ts'
import tmuxCommand from './tmux.ts'
import topCommand from './top.ts'
import touchCommand from './touch.ts'
import tputCommand from './tput.ts'
import trCommand from './tr.ts'
import tracerouteCommand from './traceroute.ts'
import trueCommand from './true.ts'
import truncateCommand from './truncate.ts'
import tsortCommand from './tsort.ts'
import ttyCommand from './tty.ts'
import ubusCommand from './ubus.ts'
import uciCommand from './uci.ts'
import uclientFetchCommand from './uclient-fetch.ts'
import udevadmCommand from './udevadm.ts'
import ufwCommand from './ufw.ts'
import umountCommand from './umount.ts'
import unameCommand from './uname.ts'
import unbufferCommand from './unbuffer.ts'
import unexpandCommand from './unexpand.ts'
import uniqCommand from './uniq.ts'
import unlinkCommand from './unlink.ts'
import unshareCommand from './unshare.ts'
import unzipCommand from './unzip.ts'
import updateAlternativesCommand from './update-alternatives.ts'
import updateRcdCommand from './update-rcd.ts'
import uptimeCommand from './uptime.ts'
import useraddCommand from './useradd.ts'
import userdelCommand from './userdel.ts'
import usermodCommand from './usermod.ts'
import usersCommand from './users.ts'
import vdirCommand from './vdir.ts'
import viCommand from './vi.ts'
import visudoCommand from './visudo.ts'
import vmstatCommand from './vmstat.ts'
import wCommand from './w.ts'
import wallCommand from './wall.ts'
import watchCommand from './watch.ts'
import wcCommand from './wc.ts'
import wgetCommand from './wget.ts'
import whatisCommand from './whatis.ts'
import whereisCommand from './whereis.ts'
import whichCommand from './which.ts'
import whoCommand from './who.ts'
import whoamiCommand from './whoami.ts'
import writeCommand from './write.ts'
import xargsCommand from './xargs.ts'
import xtablesNftMultiCommand from './xtables-nft-multi.ts'
import xxdCommand from './xxd.ts'
import xzCommand from './xz.ts'
import yesCommand from './yes.ts'
import zcatCommand from './zcat.ts'
import zgrepCommand from './zgrep.ts'
import zipCommand from './zip.ts'

/** Every command of the host. */
export const commands: readonly CommandFile[] = [
  adduserCommand,
  apache2ctlCommand,
  aptCommand,
  aptCacheCommand,
  aptConfigCommand,
  aptGetCommand,
  aptKeyCommand,
  aptMarkCommand,
  archCommand,
  arpCommand,
  awkCommand,
  b2sumCommand,
  base32Command,
  base64Command,
  basenameCommand,
  basencCommand,
  bcCommand,
  blkidCommand,
  blockdevCommand,
  bracketCommand,
  bridgeCommand,
  busctlCommand,
  bzip2Command,
  calCommand,
  capshCommand,
  catCommand,
  certbotCommand,
  chageCommand,
  chattrCommand,
  chgrpCommand,
  chmodCommand,
  chownCommand,
  chpasswdCommand,
  chrtCommand,
  chrootCommand,
  chshCommand,
  cksumCommand,
  clearCommand,
  cmpCommand,
  columnCommand,
  commCommand,
  cpCommand,
  cpioCommand,
  crontabCommand,
  csplitCommand,
  curlCommand,
  cutCommand,
  dateCommand,
  ddCommand,
  debconfShowCommand,
  deluserCommand,
  dfCommand,
  diffCommand,
  digCommand,
  dirCommand,
  dircolorsCommand,
  dirnameCommand,
  dmesgCommand,
  dmidecodeCommand,
  dockerCommand,
  dpkgCommand,
  dpkgDebCommand,
  dpkgDivertCommand,
  dpkgQueryCommand,
  dpkgReconfigureCommand,
  dpkgStatoverrideCommand,
  duCommand,
  echoCommand,
  egrepCommand,
  envCommand,
  envsubstCommand,
  ethtoolCommand,
  expandCommand,
  exprCommand,
  factorCommand,
  faillogCommand,
  fail2banClientCommand,
  fallocateCommand,
  falseCommand,
  fdiskCommand,
  fgrepCommand,
  fileCommand,
  findCommand,
  findmntCommand,
  flockCommand,
  fmtCommand,
  foldCommand,
  freeCommand,
  ftpCommand,
  ftpgetCommand,
  ftpputCommand,
  gawkCommand,
  gccCommand,
  getcapCommand,
  getconfCommand,
  getentCommand,
  getoptCommand,
  getpcapsCommand,
  gettextCommand,
  gitCommand,
  gpasswdCommand,
  grepCommand,
  groupaddCommand,
  groupdelCommand,
  groupmodCommand,
  groupsCommand,
  gunzipCommand,
  gxxCommand,
  gzipCommand,
  haltCommand,
  headCommand,
  hexdumpCommand,
  hostCommand,
  hostidCommand,
  hostnameCommand,
  hostnamectlCommand,
  hwclockCommand,
  iconvCommand,
  idCommand,
  ifconfigCommand,
  insmodCommand,
  installCommand,
  ioniceCommand,
  iostatCommand,
  ipCommand,
  ipcsCommand,
  ip6tablesCommand,
  iptablesCommand,
  iptablesSaveCommand,
  joinCommand,
  journalctlCommand,
  jqCommand,
  killCommand,
  killallCommand,
  killall5Command,
  kmodCommand,
  lastCommand,
  lastbCommand,
  lastlogCommand,
  lddCommand,
  lessCommand,
  lesspipeCommand,
  linkCommand,
  lnCommand,
  localeCommand,
  localectlCommand,
  loggerCommand,
  loginctlCommand,
  lognameCommand,
  logrotateCommand,
  losetupCommand,
  logreadCommand,
  lsCommand,
  lsattrCommand,
  lsbReleaseCommand,
  lsblkCommand,
  lscpuCommand,
  lslocksCommand,
  lsloginsCommand,
  lsmodCommand,
  lsnsCommand,
  lsofCommand,
  lspciCommand,
  lsusbCommand,
  mailMailutilsCommand,
  manCommand,
  mandbCommand,
  manpathCommand,
  mariadbAdminCommand,
  mariadbCheckCommand,
  mariadbCommand,
  mariadbDumpCommand,
  mariadbShowCommand,
  mawkCommand,
  md5sumCommand,
  mesgCommand,
  mkdirCommand,
  mke2fsCommand,
  mkfifoCommand,
  mkfsCommand,
  mknodCommand,
  mkswapCommand,
  mktempCommand,
  modprobeCommand,
  moreCommand,
  mountCommand,
  mountpointCommand,
  mvCommand,
  mysqlCommand,
  mysqldumpCommand,
  nameiCommand,
  nanoCommand,
  ncCommand,
  netstatCommand,
  networkctlCommand,
  newgrpCommand,
  nftCommand,
  ngettextCommand,
  nginxCommand,
  niceCommand,
  nlCommand,
  nohupCommand,
  nologinCommand,
  nprocCommand,
  nsenterCommand,
  nslookupCommand,
  numfmtCommand,
  nvidiaSmiCommand,
  odCommand,
  opensslCommand,
  opkgCommand,
  passwdCommand,
  pasteCommand,
  perlCommand,
  patchCommand,
  perldocCommand,
  pgrepCommand,
  phpCommand,
  pidofCommand,
  pingCommand,
  pivotRootCommand,
  pkillCommand,
  pmapCommand,
  postconfCommand,
  postqueueCommand,
  postsuperCommand,
  poweroffCommand,
  printenvCommand,
  printfCommand,
  psCommand,
  pstreeCommand,
  pwdCommand,
  pwdxCommand,
  python3Command,
  readlinkCommand,
  realpathCommand,
  rebootCommand,
  redisCliCommand,
  resolvectlCommand,
  revCommand,
  rmCommand,
  rmdirCommand,
  rmmodCommand,
  routeCommand,
  rsyslogdCommand,
  runMailcapCommand,
  runPartsCommand,
  runuserCommand,
  rsyncCommand,
  scpCommand,
  screenCommand,
  scriptCommand,
  sedCommand,
  selectEditorCommand,
  sendmailCommand,
  sensibleEditorCommand,
  seqCommand,
  serviceCommand,
  setarchCommand,
  setcapCommand,
  setprivCommand,
  setsidCommand,
  sftpCommand,
  sha1sumCommand,
  sha224sumCommand,
  sha256sumCommand,
  sha384sumCommand,
  sha512sumCommand,
  shasumCommand,
  shredCommand,
  shufCommand,
  shutdownCommand,
  sleepCommand,
  sortCommand,
  splitCommand,
  ssCommand,
  sshCommand,
  sshAddCommand,
  sshAgentCommand,
  sshCopyIdCommand,
  sshKeygenCommand,
  sshKeyscanCommand,
  sshdCommand,
  statCommand,
  stdbufCommand,
  stringsCommand,
  sttyCommand,
  suCommand,
  sudoCommand,
  sumCommand,
  swapoffCommand,
  swaponCommand,
  syncCommand,
  sysctlCommand,
  systemctlCommand,
  systemdAnalyzeCommand,
  systemdCatCommand,
  systemdCglsCommand,
  systemdCgtopCommand,
  systemdDetectVirtCommand,
  systemdRunCommand,
  systemdTmpfilesCommand,
  tacCommand,
  tailCommand,
  tarCommand,
  tasksetCommand,
  tcCommand,
  tcpdumpCommand,
  teeCommand,
  telnetCommand,
  testCommand,
  tftpCommand,
  timedatectlCommand,
  timeoutCommand,
  tmuxCommand,
  topCommand,
  touchCommand,
  tputCommand,
  trCommand,
  tracerouteCommand,
  trueCommand,
  truncateCommand,
  tsortCommand,
  ttyCommand,
  ubusCommand,
  uciCommand,
  uclientFetchCommand,
  udevadmCommand,
  ufwCommand,
  umountCommand,
  unameCommand,
  unbufferCommand,
  unexpandCommand,
  uniqCommand,
  unlinkCommand,
  unshareCommand,
  unzipCommand,
  updateAlternativesCommand,
  updateRcdCommand,
  uptimeCommand,
  useraddCommand,
  userdelCommand,
  usermodCommand,
  usersCommand,
  vdirCommand,
  viCommand,
  visudoCommand,
  vmstatCommand,
  wCommand,
  wallCommand,
  watchCommand,
  wcCommand,
  wgetCommand,
  whatisCommand,
  whereisCommand,
  whichCommand,
  whoCommand,
  whoamiCommand,
  writeCommand,
  xargsCommand,
  xtablesNftMultiCommand,
  xxdCommand,
  xzCommand,
  yesCommand,
  zcatCommand,
  zgrepCommand,
  zipCommand,
]

for (const command of commands) noteCommandPaths(command.package ?? 'base', command.paths)
