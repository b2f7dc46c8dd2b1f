/**
 * What T-Pot's Logstash does with the log of each honeypot, as facts (docker/elk/logstash/dist/logstash.conf of August 2026), and
 * the fields that its boards then read. Only what decides over fields, times and dropping is here.
 */
export interface Rule {
  type: string
  /** Below /data; `*` stands for any name. */
  file: RegExp
  codec: 'json' | 'plain'
  /** Patterns of `message`, each with names for its groups; no match drops the event. */
  grok?: readonly RegExp[]
  kv?: true
  csv?: readonly string[]
  date: { field: string; format: 'iso' | 'space.SSSSSS' | 'space' | 'space.SSSSSSSSS' }
  rename?: Readonly<Record<string, string>>
  removes?: readonly string[]
  /** `MY_EXTIP` is the address of the honeypot. */
  add?: Readonly<Record<string, string>>
  /** A field "ip:port" that becomes src_ip and src_port. */
  split?: string
  /** Events without it are dropped. */
  requires?: string
  /** Fields that boards aggregate, besides the address and time of all. */
  boards: readonly string[]
}

const dst = { dst_port: 'dest_port', dst_ip: 'dest_ip' }
const log = (folder: string, name: string): RegExp => new RegExp(`^${folder}/log/${name}$`)

/** Grok's names, spelled out. */
const IPV4 = String.raw`(?:\d{1,3}\.){3}\d{1,3}`
const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`
const SECOND = '(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)'
const WHO = String.raw`^\((?<src_ip>${IPV4}):(?<src_port>[+-]?\d+)\): `

export const RULES: readonly Rule[] = [
  {
    type: 'Adbhoney',
    file: log('adbhoney', 'adbhoney.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    removes: ['unixtime'],
    boards: ['eventid', 'input', 'outfile'],
  },
  {
    type: 'Beelzebub',
    file: log('beelzebub', 'beelzebub.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: ['protocol', 'input', 'output', 'client', 'username', 'password', 'session'],
  },
  {
    type: 'Ciscoasa',
    file: log('ciscoasa', 'ciscoasa.log'),
    codec: 'plain',
    kv: true,
    date: { field: 'timestamp', format: 'iso' },
    add: { dest_ip: 'MY_EXTIP' },
    boards: ['payload_printable'],
  },
  {
    type: 'CitrixHoneypot',
    file: log('citrixhoneypot', 'server.log'),
    codec: 'json',
    grok: [
      new RegExp(
        String.raw`${WHO}(?<method>(?:[a-zA-Z$_][a-zA-Z0-9$_]*|<init>))\s*(?<state>(?:\w+\s*)*): (?<filename>(?:/(?:[\w_%!$@:.,+~-]+|\\.)*)+)`,
      ),
      new RegExp(String.raw`${WHO}(?<method>(?:[a-zA-Z$_][a-zA-Z0-9$_]*|<init>))\s*(?<state>(?:\w+\s*)*): (?<payload>.*)`),
      new RegExp(`${WHO}(?<msg>.*)`),
    ],
    date: { field: 'asctime', format: 'iso' },
    removes: ['asctime', 'message'],
    add: { dest_port: '443' },
    rename: { levelname: 'level' },
    boards: ['level', 'method', 'state', 'filename', 'payload'],
  },
  {
    type: 'ConPot',
    file: log('conpot', '.*\\.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: dst,
    boards: ['data_type', 'event_type', 'request', 'response'],
  },
  {
    type: 'Cowrie',
    file: log('cowrie', 'cowrie.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: dst,
    boards: [
      'eventid',
      'message',
      'sensor',
      'session',
      'protocol',
      'username',
      'password',
      'input',
      'url',
      'outfile',
      'shasum',
      'hassh',
      'version',
      'ttylog',
      'duration',
    ],
  },
  {
    type: 'Ddospot',
    file: log('ddospot', '(chargen|dns|nt|ssd)pot\\.log'),
    codec: 'json',
    date: { field: 'time', format: 'space.SSSSSS' },
    removes: ['time'],
    add: { dest_port: 'BY_FILE', dest_ip: 'MY_EXTIP' },
    boards: ['dns_name', 'mode', 'req_pkt'],
  },
  {
    type: 'Ddospot',
    file: log('ddospot', '.*\\.log'),
    codec: 'json',
    date: { field: 'time', format: 'space.SSSSSS' },
    removes: ['time'],
    boards: [],
  },
  {
    type: 'Dicompot',
    file: log('dicompot', 'dicompot.log'),
    codec: 'json',
    date: { field: 'time', format: 'space' },
    removes: ['time', 'timestamp'],
    rename: {
      ID: 'id',
      IP: 'src_ip',
      Port: 'src_port',
      AETitle: 'aetitle',
      Command: 'input',
      Files: 'files',
      Identifier: 'identifier',
      Matches: 'matches',
      Status: 'session',
      Version: 'version',
    },
    boards: ['input', 'identifier', 'aetitle', 'level', 'msg', 'version', 'id', 'session'],
  },
  {
    type: 'Dionaea',
    file: log('dionaea', 'dionaea.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: dst,
    boards: ['connection', 'credentials'],
  },
  {
    type: 'ElasticPot',
    file: log('elasticpot', 'elasticpot.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: {
      ...dst,
      content_type: 'http.http_content_type',
      message: 'event_type',
      request: 'request_method',
      user_agent: 'http_user_agent',
      url: 'http.url',
    },
    boards: ['event_type', 'request_method', 'http.url', 'http_user_agent', 'payload', 'eventid'],
  },
  {
    type: 'Endlessh',
    file: log('endlessh', 'endlessh.log'),
    codec: 'plain',
    grok: [
      new RegExp(
        String.raw`^(?<timestamp>${ISO})\s*(?<reason>\w+)\s*host=(?<src_ip>${IPV4})\s*port=(?<src_port>\d+)\s*fd=\d+\s*time=(?<duration>${SECOND})\s*bytes=(?<bytes>\d+)`,
      ),
      new RegExp(String.raw`^(?<timestamp>${ISO})\s*(?<reason>\w+)\s*host=(?<src_ip>${IPV4})\s*port=(?<src_port>\d+)\s*fd=\d+\s*n=\d+/\d+`),
    ],
    date: { field: 'timestamp', format: 'iso' },
    removes: ['timestamp'],
    add: { dest_port: '22', dest_ip: 'MY_EXTIP' },
    boards: ['reason', 'duration', 'bytes'],
  },
  {
    type: 'Galah',
    file: log('galah', 'galah.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: [
      'request.method',
      'request.requestURI',
      'request.headers.User-Agent',
      'response.body',
      'response.metadata.generationSource',
      'response.metadata.model',
    ],
  },
  {
    type: 'Go-pot',
    file: log('go-pot', 'go-pot.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    requires: 'dest_port',
    rename: { duration: 'session_duration' },
    boards: ['path', 'qs', 'method', 'phase', 'user_agent', 'os', 'session_duration'],
  },
  {
    type: 'H0neytr4p',
    file: log('h0neytr4p', 'log.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: [
      'request_method',
      'request_uri',
      'protocol',
      'hostname',
      'payload',
      'payload_filename',
      'trapped',
      'trapped_for',
      'trapped_risk_rating',
      'header_user-agent',
    ],
  },
  {
    type: 'Heralding',
    file: log('heralding', 'auth.csv'),
    codec: 'plain',
    csv: ['timestamp', 'auth_id', 'session_id', 'src_ip', 'src_port', 'dest_ip', 'dest_port', 'proto', 'username', 'password'],
    date: { field: 'timestamp', format: 'space.SSSSSS' },
    removes: ['timestamp'],
    boards: ['proto', 'username', 'password', 'auth_id', 'session_id'],
  },
  {
    type: 'Honeyaml',
    file: log('honeyaml', 'honeyaml.log'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: [
      'action',
      'method',
      'path',
      'query_string',
      'body',
      'authorization',
      'token_type',
      'auth_required',
      'return_code',
      'user_agent',
      'user_agent_device_info',
    ],
  },
  {
    type: 'Honeypots',
    file: log('honeypots', '.*\\.log'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: ['action', 'status', 'protocol', 'username', 'password'],
  },
  {
    type: 'Ipphoney',
    file: log('ipphoney', 'ipphoney.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: {
      ...dst,
      query: 'ipp_query',
      content_type: 'http.http_content_type',
      request: 'request_method',
      operation: 'data',
      user_agent: 'http_user_agent',
      url: 'http.url',
    },
    boards: ['ipp_query', 'eventid', 'data', 'http.url', 'request_method', 'http_user_agent'],
  },
  {
    type: 'Log4pot',
    file: log('log4pot', 'log4pot.log'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: { request: 'request_uri', server_port: 'dest_port', port: 'src_port', client: 'src_ip' },
    boards: ['reason', 'payload', 'deobfuscated_payload', 'headers', 'request_uri'],
  },
  {
    type: 'Mailoney',
    file: log('mailoney', 'commands.log'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    add: { dest_port: '25' },
    boards: ['data', 'emails'],
  },
  {
    type: 'Medpot',
    file: log('medpot', 'medpot.log'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    add: { dest_port: '2575', dest_ip: 'MY_EXTIP' },
    boards: ['data', 'message'],
  },
  {
    type: 'Miniprint',
    file: log('miniprint', 'miniprint.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: ['event', 'action', 'command', 'dir', 'job_text', 'response'],
  },
  {
    type: 'Redishoneypot',
    file: log('redishoneypot', 'redishoneypot.log'),
    codec: 'json',
    date: { field: 'time', format: 'space' },
    removes: ['time', 'timestamp', 'addr'],
    split: 'addr',
    add: { dest_port: '6379', dest_ip: 'MY_EXTIP' },
    boards: ['action', 'level'],
  },
  {
    type: 'Sentrypeer',
    file: log('sentrypeer', 'sentrypeer.json'),
    codec: 'json',
    date: { field: 'event_timestamp', format: 'space.SSSSSSSSS' },
    removes: ['event_timestamp'],
    split: 'source_ip',
    rename: { destination_ip: 'dest_ip' },
    add: { dest_port: '5060' },
    boards: ['sip_method', 'sip_user_agent', 'sip_message', 'called_number', 'transport_type'],
  },
  {
    type: 'Tanner',
    file: log('tanner', 'tanner_report.json'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    rename: { 'peer.ip': 'src_ip', 'peer.port': 'src_port' },
    add: { dest_port: '80' },
    boards: ['path', 'method', 'headers', 'response_msg'],
  },
  {
    type: 'Wordpot',
    file: log('wordpot', 'wordpot.log'),
    codec: 'json',
    date: { field: 'timestamp', format: 'iso' },
    boards: ['plugin', 'url', 'user_agent', 'username', 'password'],
  },
]
