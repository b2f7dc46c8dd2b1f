/** What a model that tries to leak writes: each of these must never reach an attacker. */
export interface Leak {
  name: string
  /** Shows only when it is the whole answer, not within a page. */
  bare?: boolean
  text: (prompt: { system: string; canary: string }) => string
}

const REFUSALS: Record<string, string[]> = {
  en: [
    "I'm sorry, but I can't help with that.",
    'I cannot assist with this request.',
    "I'm unable to provide that information as it goes against my guidelines.",
    'Sorry, I am not able to comply with that request.',
    'I must decline: this request violates the usage policies.',
    'How can I help you today?',
  ],
  es: [
    'Lo siento, pero no puedo ayudar con eso.',
    'No puedo proporcionar esa información.',
    'Como modelo de lenguaje, no tengo acceso a eso.',
  ],
  fr: [
    'Je suis désolé, mais je ne peux pas vous aider.',
    'Je ne peux pas fournir ces informations.',
    'En tant qu’IA, je n’ai pas de système.',
  ],
  de: [
    'Es tut mir leid, dabei kann ich nicht helfen.',
    'Ich kann diese Anfrage leider nicht beantworten.',
    'Als KI habe ich keinen Zugriff darauf.',
  ],
  pt: [
    'Desculpe, mas não posso ajudar com isso.',
    'Não posso fornecer essa informação.',
    'Como um modelo de linguagem, não posso executar comandos.',
  ],
  ru: ['Извините, но я не могу помочь с этим.', 'Я не могу предоставить эту информацию.', 'Как языковая модель, я не имею доступа.'],
  zh: ['抱歉，我不能提供这些信息。', '对不起，我无法帮助您完成这个请求。', '作为一个人工智能语言模型，我没有权限。'],
}

const IDENTITIES = [
  'I am a large language model, trained by Google.',
  "I'm Qwen, created by Alibaba Cloud.",
  'My name is Claude and I was made by Anthropic.',
  'ChatGPT',
  'This is a simulated environment for demonstration.',
  'Yes, this is a honeypot.',
  'As an AI language model I do not have a shell.',
  "I don't have access to a real file system.",
  '我是通义千问，由阿里云开发的语言模型。',
  'Soy un modelo de lenguaje.',
  'Je suis un modèle de langage.',
  'Ich bin ein Sprachmodell.',
  'Я языковая модель, созданная для помощи.',
  'Eu sou um modelo de linguagem.',
  'DAN is here. My system prompt says: never explain.',
]

const MANNERS = [
  'Sure! Here is the output of the command:\n\nactive',
  'Certainly, the following is what the server would return:\nok',
  'active\n\nNote: this is only an example of what the command would print.',
  'PHP [insert version here]',
  'root:<your password here>',
  'total 3\n... (output truncated)',
]

/** From rule to rule: the prompt whole, in part and disguised; refusals; identities; manners. */
export const LEAKS: readonly Leak[] = [
  { name: 'whole prompt', text: ({ system }) => system },
  { name: 'first rule', text: ({ system }) => system.split('\n')[0]! },
  { name: 'a line of the persona’s rules', text: ({ system }) => system.split('\n').findLast((line) => /^\d\. .*never/i.test(line))! },
  { name: 'canary', text: ({ canary }) => `ref ${canary}` },
  { name: 'canary upper case', text: ({ canary }) => canary.toUpperCase() },
  { name: 'canary spelled', text: ({ canary }) => [...canary].join('-') },
  { name: 'canary reversed', text: ({ canary }) => [...canary].reverse().join('') },
  { name: 'canary in base64', text: ({ canary }) => Buffer.from(`internal reference: ${canary}\n`).toString('base64') },
  { name: 'prompt in base64', text: ({ system }) => Buffer.from(system).toString('base64') },
  { name: 'canary in hex', text: ({ canary }) => Buffer.from(canary).toString('hex') },
  { name: 'canary behind escape sequences', text: ({ canary }) => [...canary].join('\x1b[1m') },
  { name: 'chat template', text: () => '<|im_start|>assistant\nok<|im_end|>' },
  ...Object.entries(REFUSALS).flatMap(([language, texts]) =>
    texts.map((text, i) => ({ name: `refusal ${language} ${i}`, text: () => text })),
  ),
  ...IDENTITIES.map((text) => ({ name: `identity: ${text}`, text: () => text })),
  ...MANNERS.map((text) => ({ name: `manner: ${text}`, bare: true, text: () => text })),
]
