const framed = (...segments: string[]): Buffer => Buffer.from(`\x0b${segments.map((one) => `${one}\r`).join('')}\x1c\r`, 'latin1')
const header = (type: string, version = '2.5'): string => `MSH|^~\\&|A|B|C|D|20260101120000||${type}|M1|P|${version}`

export default [
  framed(header('ADT^A01'), 'EVN|A01|20260101', 'PID|1||123^^^H||DOE^JOHN||19500101|F', 'PV1|1|I|W3^B12'),
  framed(`${header('ADT^A08', '2.3')}|||AL|AL`, 'PID|1||123^^^H||DOE\\S\\X^JO\\X41\\HN'),
  framed('MSH#@!%*#A#B#C#D#20260101##ADT@A01#M#P#2.5', 'PID#1##1@@@H'),
  framed(header('QBP^Q22^QBP_Q21'), 'QPD|IHE PDQ Query|T1|@PID.5.1^DOE~@PID.8^F', 'RCP|I|3^RD', 'DSC|3|I'),
  framed(header('QRY^A19', '2.3'), 'QRD|20260101|R|I|7|||5^RD|9900117|DEM'),
  framed('FHS|^~\\&|A|B|C|D', 'BHS|^~\\&|A|B|C|D', header('ADT^A01'), 'PID|1||1', header('ADT^A08'), 'PID|1||2', 'BTS|2', 'FTS|1'),
  framed(header('ORU^R01'), 'OBR|1', 'OBX|1|ED|REP||^application^pdf^Base64^JVBERi0xLjQ='),
  Buffer.from(`${header('ADT^A01')}\r\nPID|1||1\r\n`),
  Buffer.from('GET /metadata HTTP/1.1\r\nHost: x\r\n\r\n'),
]
