/** Topic names and filters (5.0 §4.7), as text of one character a byte. */

const LONGEST = 65_535
/** mosquitto's TOPIC_HIERARCHY_LIMIT. */
const MOST_LEVELS = 200

function hasFewLevels(topic: string): boolean {
  let levels = 0
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) if (++levels > MOST_LEVELS) return false
  return true
}

export function isTopicName(topic: string): boolean {
  return topic.length > 0 && topic.length <= LONGEST && !/[+#]/.test(topic) && hasFewLevels(topic)
}

export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0 || filter.length > LONGEST || !hasFewLevels(filter)) return false
  const levels = filter.split('/')
  return levels.every((level, i) => level === '+' || (level === '#' && i === levels.length - 1) || !/[+#]/.test(level))
}

/** What a shared subscription `$share/group/filter` asks for; other filters as they are. */
export function sharedFilter(filter: string): string {
  return /^\$share\/[^/]+\/(.+)$/s.exec(filter)?.[1] ?? filter
}

/** Whether a filter covers a topic. Wildcards at the beginning leave out topics with a dollar. */
export function covers(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}
