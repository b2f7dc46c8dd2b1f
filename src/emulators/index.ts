import type { Lure } from '../sensor/lure.ts'
import adb from './adb/index.ts'
import bacnet from './bacnet/index.ts'
import catchAll from './catch-all/index.ts'
import chargen from './chargen/index.ts'
import ciscoAsa from './cisco-asa/index.ts'
import citrix from './citrix/index.ts'
import coap from './coap/index.ts'
import dhcp from './dhcp/index.ts'
import dicom from './dicom/index.ts'
import dns from './dns/index.ts'
import elasticsearch from './elasticsearch/index.ts'
import enip from './enip/index.ts'
import epmap from './epmap/index.ts'
import ftp from './ftp/index.ts'
import guardianAst from './guardian-ast/index.ts'
import hl7 from './hl7/index.ts'
import httpProxy from './http-proxy/index.ts'
import iec104 from './iec104/index.ts'
import imap from './imap/index.ts'
import ipmi from './ipmi/index.ts'
import ipp from './ipp/index.ts'
import irc from './irc/index.ts'
import jetdirect from './jetdirect/index.ts'
import kamstrup from './kamstrup/index.ts'
import ldap from './ldap/index.ts'
import log4shell from './log4shell/index.ts'
import mcp from './mcp/index.ts'
import memcached from './memcached/index.ts'
import modbus from './modbus/index.ts'
import mongodb from './mongodb/index.ts'
import mqtt from './mqtt/index.ts'
import mssql from './mssql/index.ts'
import mysql from './mysql/index.ts'
import netbios from './netbios/index.ts'
import ntp from './ntp/index.ts'
import ollamaApi from './ollama-api/index.ts'
import oracle from './oracle/index.ts'
import pop3 from './pop3/index.ts'
import postgresql from './postgresql/index.ts'
import pptp from './pptp/index.ts'
import rdp from './rdp/index.ts'
import redis from './redis/index.ts'
import restApi from './rest-api/index.ts'
import s7 from './s7/index.ts'
import secretsMaze from './secrets-maze/index.ts'
import sip from './sip/index.ts'
import smb from './smb/index.ts'
import smtp from './smtp/index.ts'
import snmp from './snmp/index.ts'
import socks5 from './socks5/index.ts'
import sshTarpit from './ssh-tarpit/index.ts'
import tcp from './tcp/index.ts'
import telnet from './telnet/index.ts'
import tftp from './tftp/index.ts'
import traps from './traps/index.ts'
import upnp from './upnp/index.ts'
import vnc from './vnc/index.ts'
import webApp from './web-app/index.ts'
import wins from './wins/index.ts'
import wordpress from './wordpress/index.ts'

/** Every static emulator, by name. */
export const lures: readonly Lure[] = [
  adb,
  bacnet,
  catchAll,
  chargen,
  ciscoAsa,
  citrix,
  coap,
  dhcp,
  dicom,
  dns,
  elasticsearch,
  enip,
  epmap,
  ftp,
  guardianAst,
  hl7,
  httpProxy,
  iec104,
  imap,
  ipmi,
  ipp,
  irc,
  jetdirect,
  kamstrup,
  ldap,
  log4shell,
  mcp,
  memcached,
  modbus,
  mongodb,
  mqtt,
  mssql,
  mysql,
  netbios,
  ntp,
  ollamaApi,
  oracle,
  pop3,
  postgresql,
  pptp,
  rdp,
  redis,
  restApi,
  s7,
  secretsMaze,
  sip,
  smb,
  smtp,
  snmp,
  socks5,
  sshTarpit,
  tcp,
  telnet,
  tftp,
  traps,
  upnp,
  vnc,
  webApp,
  wins,
  wordpress,
]
