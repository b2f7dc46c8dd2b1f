/** What a called number tells of who calls it. */
export interface CalledNumber {
  /** As it was dialled. */
  dialled: string
  /** What stands before the number to get an outside or international line: `00`, `9011`, `+`. */
  prefix: string
  /** Country code and number, when it is international. */
  e164?: string
  country?: string
  kind: 'extension' | 'national' | 'international' | 'other'
}

/** Country codes of ITU-T E.164 that toll fraud goes to most, and the large ones; the longest that fits counts. */
const COUNTRIES: Readonly<Record<string, string>> = {
  '1': 'US',
  '1473': 'GD',
  '1664': 'MS',
  '1767': 'DM',
  '1809': 'DO',
  '1876': 'JM',
  '20': 'EG',
  '212': 'MA',
  '213': 'DZ',
  '216': 'TN',
  '218': 'LY',
  '220': 'GM',
  '221': 'SN',
  '222': 'MR',
  '224': 'GN',
  '225': 'CI',
  '226': 'BF',
  '229': 'BJ',
  '231': 'LR',
  '232': 'SL',
  '233': 'GH',
  '234': 'NG',
  '239': 'ST',
  '243': 'CD',
  '249': 'SD',
  '252': 'SO',
  '253': 'DJ',
  '27': 'ZA',
  '30': 'GR',
  '31': 'NL',
  '32': 'BE',
  '33': 'FR',
  '34': 'ES',
  '355': 'AL',
  '359': 'BG',
  '370': 'LT',
  '371': 'LV',
  '372': 'EE',
  '373': 'MD',
  '375': 'BY',
  '380': 'UA',
  '381': 'RS',
  '387': 'BA',
  '39': 'IT',
  '40': 'RO',
  '41': 'CH',
  '420': 'CZ',
  '43': 'AT',
  '44': 'GB',
  '45': 'DK',
  '46': 'SE',
  '47': 'NO',
  '48': 'PL',
  '49': 'DE',
  '501': 'BZ',
  '509': 'HT',
  '51': 'PE',
  '52': 'MX',
  '53': 'CU',
  '54': 'AR',
  '55': 'BR',
  '60': 'MY',
  '61': 'AU',
  '62': 'ID',
  '63': 'PH',
  '64': 'NZ',
  '66': 'TH',
  '675': 'PG',
  '7': 'RU',
  '81': 'JP',
  '82': 'KR',
  '84': 'VN',
  '855': 'KH',
  '86': 'CN',
  '880': 'BD',
  '90': 'TR',
  '91': 'IN',
  '92': 'PK',
  '93': 'AF',
  '94': 'LK',
  '960': 'MV',
  '961': 'LB',
  '962': 'JO',
  '963': 'SY',
  '964': 'IQ',
  '966': 'SA',
  '967': 'YE',
  '970': 'PS',
  '971': 'AE',
  '972': 'IL',
  '98': 'IR',
  '992': 'TJ',
  '994': 'AZ',
  '995': 'GE',
  '996': 'KG',
  '998': 'UZ',
}

/** Fraudsters try outside-line digits before the international prefix, one after the other: `9`, `0`, `90`, `900`, `810`. */
const INTERNATIONAL = /^(\+|(?:[0-9]{0,4}?)(?:00|011|810))([1-9]\d{6,14})$/

/** Takes a dialled number apart. */
export function calledNumber(user: string): CalledNumber {
  const dialled = user.slice(0, 64)
  const digits = dialled.replace(/[-.() ]/g, '')
  const [, prefix, e164] = INTERNATIONAL.exec(digits) ?? []
  if (prefix !== undefined && e164 !== undefined) {
    const country = countryOf(e164)
    return { dialled, prefix, e164, ...(country && { country }), kind: 'international' }
  }
  if (/^\d{1,6}$/.test(digits)) return { dialled, prefix: '', kind: 'extension' }
  if (/^\d{7,20}$/.test(digits)) return { dialled, prefix: '', kind: 'national' }
  return { dialled, prefix: '', kind: 'other' }
}

function countryOf(e164: string): string | undefined {
  for (let length = 4; length > 0; length--) {
    const country = COUNTRIES[e164.slice(0, length)]
    if (country) return country
  }
  return undefined
}

/** Tools by their User-Agent; what imitates a telephone has none. */
const TOOLS: readonly [RegExp, string][] = [
  [/friendly-scanner|sipvicious|sundayddr/i, 'sipvicious'],
  [/^sipsak/i, 'sipsak'],
  [/^sipp\b/i, 'sipp'],
  [/sipcli/i, 'sipcli'],
  [/VaxSIPUserAgent|VaxIPUserAgent/i, 'vaxsip'],
  [/pplsip/i, 'pplsip'],
  [/^nm@nm|nmap/i, 'nmap'],
  [/sippts/i, 'sippts'],
]

export function toolOf(userAgent: string): string | undefined {
  return TOOLS.find(([pattern]) => pattern.test(userAgent.slice(0, 128)))?.[1]
}
