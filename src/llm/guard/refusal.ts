import type { TextRule } from './rule.ts'

/**
 * How assistants refuse, by language. Each needs the first person, the inability, and the assistance or request, so that
 * "sorry, user www-data is not allowed to execute" and "cannot open display" pass.
 */
const REFUSALS: Record<string, RegExp[]> = {
  en: [
    /\b(i|we)('m| am| are|'re)? ?(really |very |truly )?(sorry|afraid|unable|not able|not allowed|not permitted|not programmed|not designed)\b[^\n]{0,80}\b(assist|help|comply|fulfil+|provide|generate|simulate|engage|continue|support|request|discuss|share|reveal|do that|execute|run)\b/i,
    /\b(i|we) (can ?not|can['’]?t|won['’]?t|will not|must not|could not|do not|don['’]?t|must (decline|refuse)|have to (decline|refuse)|(politely |respectfully )?(decline|refuse))\b[^\n]{0,60}\b(assist|help|comply|fulfil+|provide|generate|simulate|engage|continue|support|discuss|share|reveal|do that|with (that|this)|execute|have access|have the ability|your request|this request|feel comfortable)\b/i,
    /\b(this|that|your|the) (request|prompt|question|instruction)s? (violates?|goes against|is against|is inappropriate|cannot be (completed|fulfilled)|is (harmful|unethical|illegal|malicious))/i,
    /\b(against|violates?) (my|our|the|openai|google|anthropic)?('s)? ?(guidelines|programming|content policy|safety policy|ethical guidelines|usage polic)/i,
    /\b(as a responsible|ethical (considerations|concerns)|illegal or unethical|harmful or illegal|malicious purposes|seek professional)\b/i,
    /\bhow (can|may) i (help|assist) you( today)?\b|\bis there anything else i can\b|\bfeel free to ask\b|\blet me know if you\b|\bi('d| would) be happy to\b|\bi('m| am) here to (help|assist)\b/i,
  ],
  es: [
    /\b(lo siento|lamento|disculpa|perd[oó]n)\b[^\n]{0,60}\b(no puedo|no me es posible|no estoy)\b|\bno puedo (ayudar|asistir|cumplir|proporcionar|generar|realizar|responder|compartir|revelar|ejecutar)|\bcomo (modelo|asistente|una? (ia|inteligencia))\b|\b(en qu[eé]|c[oó]mo) puedo ayudar/i,
  ],
  fr: [
    /\b(je suis )?d[ée]sol[ée]e?\b[^\n]{0,60}\bje ne (peux|puis|suis)|\bje ne (peux|puis) pas (vous |t['’])?(aider|assister|fournir|g[ée]n[ée]rer|r[ée]pondre|ex[ée]cuter|r[ée]v[ée]ler|partager|r[ée]aliser|faire)|\ben tant qu['’](ia|assistant|intelligence|un? (mod[èe]le|assistant|ia))|\b(comment|en quoi) puis-je vous aider/i,
  ],
  de: [
    /\b(es )?tut mir leid\b[^\n]{0,80}\b(kann|darf|nicht)|\bentschuldigung\b[^\n]{0,60}\bich (kann|darf)|\bich (kann|darf)\b[^\n]{0,60}\bnicht\b[^\n]{0,40}\b(helfen|unterst[üu]tzen|beantworten|ausf[üu]hren|bereitstellen|erf[üu]llen|preisgeben|verraten|weitergeben)|\bals (ki|k[üu]nstliche intelligenz|sprachmodell|assistent)|\bwie kann ich (ihnen|dir) helfen/i,
  ],
  pt: [
    /\b(desculpe|sinto muito|lamento)\b[^\n]{0,60}\b(n[ãa]o posso|n[ãa]o consigo)|\bn[ãa]o posso (ajudar|fornecer|gerar|atender|realizar|executar|revelar|compartilhar|responder)|\bcomo (um|uma)? ?(modelo de linguagem|assistente|ia|intelig[êe]ncia)|\bcomo posso (te |lhe )?ajudar/i,
  ],
  ru: [
    /(извините|простите|к сожалению|сожалею)[^\n]{0,80}(не могу|не в состоянии|не имею)|я не могу[^\n]{0,40}(помочь|выполнить|предоставить|ответить|раскрыть|поделиться|сгенерировать|сделать)|как (языковая модель|ии|искусственный интеллект|ассистент)|(чем|как) (я )?могу (вам )?помочь/i,
  ],
  zh: [
    /(抱歉|对不起|很遗憾|對不起)[^\n]{0,40}(不能|无法|無法|不可以|没办法)|我(不能|无法|無法|不可以)[^\n]{0,20}(帮助|协助|提供|回答|执行|满足|透露|分享|生成|協助|執行)|作为(一个|一名)?(人工智能|ai|语言模型|助手)|(有什么|怎么)[^\n]{0,8}(可以|能)帮/i,
  ],
}

/** How an answer begins that its token cap cut before it said what it refuses; tags of a page may stand before it. */
const OPENING = /^(\s|<[^>]{0,200}>)*(i('|’)m|i am) (really |very |truly )?(sorry|afraid|unable)\b/i

/** A refusal stands at the beginning or the end; what is between may be a file about anything. */
const LOOKED_AT = 600

export const refusal: TextRule = {
  name: 'refusal',
  notFor: ['chat'],
  examine(text) {
    if (OPENING.test(text)) return undefined
    const ends = text.length <= 2 * LOOKED_AT ? [text] : [text.slice(0, LOOKED_AT), text.slice(-LOOKED_AT)]
    return ends.some((end) => Object.values(REFUSALS).some((patterns) => patterns.some((p) => p.test(end)))) ? undefined : text
  },
}
