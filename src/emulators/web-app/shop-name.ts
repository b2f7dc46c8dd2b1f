import type { Identity } from '../../config/identity.ts'

const PLACES = [
  'Nordpass',
  'Ravnkant',
  'Steinbruk',
  'Cairnhead',
  'Lodden',
  'Fellgate',
  'Hochsteg',
  'Brankeld',
  'Skarvik',
  'Tarnside',
  'Ulvdal',
  'Greyfell',
]
const TRADES = ['Outdoor', 'Mountain', 'Equipment', 'Bivouac', 'Outfitters', 'Alpine', 'Supply', 'Bergsport']

/** What the shop of an install is called: a title that stood in a public repository would find every one of them. */
export function shopNameOf(identity: Identity): { short: string; trade: string; full: string } {
  const short = identity.pick('web-app/place', PLACES)
  const trade = identity.pick('web-app/trade', TRADES)
  return { short, trade, full: `${short} ${trade}` }
}
