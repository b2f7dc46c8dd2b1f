import type { FileStat } from '../../contract.ts'

const ARCHIVES = new Set(
  'tar tgz arc arj taz lha lz4 lzh lzma tlz txz tzo t7z zip z dz gz lrz lz lzo xz zst tzst bz2 bz tbz tbz2 tz deb rpm jar war ear sar rar alz ace zoo cpio 7z rz cab wim swm dwm esd'.split(
    ' ',
  ),
)
const PICTURES = new Set(
  'avif jpg jpeg mjpg mjpeg gif bmp pbm pgm ppm tga xbm xpm tif tiff png svg svgz mng pcx mov mpg mpeg m2v mkv webm webp ogm mp4 m4v mp4v vob qt nuv wmv asf rm rmvb flc avi fli flv gl dl xcf xwd yuv cgm emf ogv ogx'.split(
    ' ',
  ),
)
const SOUNDS = new Set('aac au flac m4a mid midi mka mp3 mpc ogg ra wav oga opus spx xspf'.split(' '))
const BACKUPS = new Set('bak old orig part rej swp tmp dpkg-dist dpkg-old ucf-dist ucf-new ucf-old rpmnew rpmorig rpmsave'.split(' '))

/**
 * SGR parameters for a name: dircolors' built-in table (coreutils 9.1), which is what Debian's .bashrc sets.
 * @param target stat of what a link leads to; undefined when it leads nowhere
 */
export function colourOf(name: string, stat: FileStat, target: FileStat | undefined): string | undefined {
  const { mode } = stat
  switch (stat.type) {
    case 'symlink':
      return target ? '01;36' : '40;31;01'
    case 'directory':
      if ((mode & 0o1002) === 0o1002) return '30;42'
      return mode & 0o002 ? '34;42' : mode & 0o1000 ? '37;44' : '01;34'
    case 'fifo':
      return '40;33'
    case 'socket':
      return '01;35'
    case 'block':
    case 'character':
      return '40;33;01'
    default:
  }
  if (mode & 0o4000) return '37;41'
  if (mode & 0o2000) return '30;43'
  if (mode & 0o111) return '01;32'
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  if (!name.includes('.')) return undefined
  if (ARCHIVES.has(extension)) return '01;31'
  if (PICTURES.has(extension)) return '01;35'
  if (SOUNDS.has(extension)) return '00;36'
  return BACKUPS.has(extension) || name.endsWith('~') ? '00;90' : undefined
}
