import { isOutput, type TextRule } from './rule.ts'

const VENDORS =
  'open ?ai|anthropic|google( deepmind)?|deepmind|meta( ai)?|mistral( ai)?|alibaba( cloud)?|deepseek|microsoft|xai|cohere|nvidia|moonshot|zhipu|baidu|tencent'
const MODELS =
  'chat ?gpt|gpt-?[345o][\\w.-]{0,12}|gpt-oss|claude|gemini|gemma|llama ?-?[0-9.]{0,4}|mistral|mixtral|qwen ?-?[0-9.]{0,4}|通义千问|deepseek|phi-?[0-9]|grok|command-?r|kimi|glm-?[0-9]'

/** Sentences in which the speaker says what it is. */
const SELF = [
  /\bas an? (ai|artificial intelligence|large language model|language model|llm|virtual assistant|text-based)\b/i,
  /\b(i|we)('m|’m| am| are) (just |only |actually |merely |currently )?(an?|the|your) (\w+[ -]){0,4}(ai|artificial intelligence|language model|llm|chatbot|assistant|bot|neural network|simulat\w+|emulat\w+|honeypot)\b/i,
  /\bi (do not|don['’]t|cannot|can['’]t) (actually )?(have|access|execute|run|browse|interact with) (a |an |the |any )?(real|actual|physical|live|personal|feelings|opinions|internet|operating system|file ?system)\b/i,
  /\bmy (training data|knowledge cutoff|knowledge cut-off|system prompt|instructions (are|say|tell)|creators|developers|programming)\b/i,
  new RegExp(`\\b(i('m| am)|my name is|this is|you are (talking|chatting|speaking) (to|with)) ([a-z]+ ){0,3}(${MODELS})\\b`, 'i'),
  new RegExp(
    `\\b(developed|created|trained|built|made|designed) by (the )?(team at |researchers at )?(${VENDORS})\\b[^\\n]{0,60}|\\b(${VENDORS})('s|’s) (language |large |ai )?(model|assistant|ai)\\b`,
    'i',
  ),
  /(我是|本人是)[^\n]{0,16}(语言模型|人工智能|助手|通义|ai)|由[^\n]{0,12}(开发|训练|研发)的/i,
  /\bsoy (un|una) (modelo|asistente|ia|inteligencia)|\bje suis (un|une) (mod[èe]le|assistant|ia|intelligence)|\bich bin (ein|eine) (ki|sprachmodell|assistent|k[üu]nstliche)|\b(eu )?sou (um|uma) (modelo|assistente|ia|intelig[êe]ncia)|я (—|-|являюсь)?\s?(языков|искусственн|ассистент|виртуальн)/i,
]

/** The speaker says what it is. */
export const identity: TextRule = {
  name: 'identity',
  notFor: ['chat'],
  examine(text) {
    return SELF.some((pattern) => pattern.test(text)) ? undefined : text
  },
}

const NAMES = new RegExp(`\\b(${MODELS}|openai|anthropic|deepmind|ollama|llama\\.cpp|hugging ?face)\\b`, 'gi')

/** Names of models and their makers where nobody spoke of such things: a web server's host has no reason to. */
export const modelName: TextRule = {
  name: 'model-name',
  notFor: ['chat'],
  examine(text, { input, known }) {
    const spoken = `${input}\n${known}`.toLowerCase()
    for (const [name] of text.matchAll(NAMES)) {
      const family = name.toLowerCase().replace(/[ -]?[0-9.]+.*$/, '')
      if (!spoken.includes(family)) return undefined
    }
    return text
  },
}

/** Admits the play: what only somebody outside of it would say. */
const OUTSIDE =
  /\bhoney ?(pot|net|token|file)s?\b|\bsundew\b|\bdecoy\b|\b(simulated|simulating|emulated|fictional|fictitious|hypothetical|role-?play\w*|pretend(ing)?|imaginary) (output|response|environment|system|server|shell|terminal|linux|session|host|machine|command|scenario|file|user)s?\b|\bsimulation\b[^\n]{0,40}\b(only|purposes|output|of a)\b|\b(the|an?) attacker\b|\bsystem prompt\b|\bjson (object|schema)\b[^\n]{0,40}\b(answer|respon|output|provided|asked)/i

export const outsideThePlay: TextRule = {
  name: 'outside-the-play',
  looksAt: isOutput,
  examine(text) {
    return OUTSIDE.test(text) ? undefined : text
  },
}
