import { index, sorted } from '../builtins/functions.ts'
import { fill } from '../builtins/makers.ts'
import { dictIterator } from '../iteration.ts'
import type { Machine } from '../machine.ts'
import { sets } from '../operators.ts'
import { setOrder } from '../set-order.ts'
import { define, methods } from '../signature.ts'
import { dict, iteratorOf, keyOf, list, raise, set, T, tuple, valueError } from '../types.ts'
import {
  type Keywords,
  type PyClass,
  PyDict,
  type PyList,
  PyObject,
  PySet,
  type PyTuple,
  PyWrapper,
  type Steps,
  type Value,
} from '../value.ts'

methods(T.list, {
  append: [
    'self, object',
    (m, self: PyList, item: Value) => {
      self.items.push(item)
      m.allocate(16)
      return null
    },
  ],
  extend: [
    'self, iterable',
    function* (m: Machine, self: PyList, more: Value): Steps<Value> {
      const items = yield* m.toArray(more)
      m.allocate(items.length * 16)
      for (const item of items) self.items.push(item)
      return null
    },
  ],
  insert: [
    'self, index, object',
    (m, self: PyList, at: Value, item: Value) => {
      const place = Number(index(at))
      self.items.splice(place < 0 ? Math.max(0, self.items.length + place) : place, 0, item)
      m.allocate(16)
      return null
    },
  ],
  pop: [
    'self, index=',
    (_m, self: PyList, at: Value | undefined) => {
      if (self.items.length === 0) throw raise('IndexError', 'pop from empty list')
      if (at === undefined) return self.items.pop() as Value
      const place = Number(index(at))
      const real = place < 0 ? place + self.items.length : place
      if (real < 0 || real >= self.items.length) throw raise('IndexError', 'pop index out of range')
      return self.items.splice(real, 1)[0] as Value
    },
  ],
  remove: [
    'self, value',
    (m, self: PyList, item: Value) => {
      const at = self.items.findIndex((other) => m.equals(other, item))
      if (at < 0) throw valueError('list.remove(x): x not in list')
      self.items.splice(at, 1)
      return null
    },
  ],
  index: [
    'self, value, start=, stop=',
    function* (m: Machine, self: PyList | PyTuple, item: Value, start: Value | undefined): Steps<Value> {
      const at = self.items.findIndex((other, i) => i >= Number(start ?? 0n) && m.equals(other, item))
      if (at < 0) throw valueError(`${yield* m.repr(item)} is not in list`)
      return BigInt(at)
    },
  ],
  count: ['self, value', (m, self: PyList, item: Value) => BigInt(self.items.filter((other) => m.equals(other, item)).length)],
  clear: [
    'self',
    (_m, self: PyList) => {
      self.items = []
      return null
    },
  ],
  copy: ['self', (_m, self: PyList) => list([...self.items])],
  reverse: [
    'self',
    (_m, self: PyList) => {
      self.items.reverse()
      return null
    },
  ],
  sort: [
    'self, *, key=, reverse=',
    function* (m: Machine, self: PyList, key: Value | undefined, reverse: Value | undefined): Steps<Value> {
      self.items = yield* sorted(m, [...self.items], key, reverse !== undefined && (yield* m.truth(reverse)))
      return null
    },
  ],
})

methods(T.tuple, {
  index: [
    'self, value',
    (m, self: PyTuple, item: Value) => {
      const at = self.items.findIndex((other) => m.equals(other, item))
      if (at < 0) throw valueError('tuple.index(x): x not in tuple')
      return BigInt(at)
    },
  ],
  count: ['self, value', (m, self: PyTuple, item: Value) => BigInt(self.items.filter((other) => m.equals(other, item)).length)],
})

/** What keys(), values() and items() give: it follows its dict. */
class View extends PyObject {
  readonly dict: PyDict

  constructor(owner: PyDict, cls: PyClass) {
    super(cls)
    this.dict = owner
  }
}

type Entry = { key: Value; value: Value }
const VIEWS: [PyClass, (entry: Entry) => Value][] = [
  [T.dictKeys, ({ key }) => key],
  [T.dictValues, ({ value }) => value],
  [T.dictItems, ({ key, value }) => tuple(key, value)],
]
for (const [cls, of] of VIEWS) {
  const members = (view: View): Value[] => [...view.dict.map.values()].map(of)
  methods(cls, {
    __iter__: ['self', (_m, self: View) => dictIterator(self.dict, of, cls === T.dictItems ? T.dictItemIterator : T.dictKeyIterator)],
    __len__: ['self', (_m, self: View) => BigInt(self.dict.map.size)],
    __contains__: [
      'self, item',
      (m, self: View, item: Value) =>
        cls === T.dictKeys ? self.dict.map.has(keyOf(item)) : members(self).some((other) => m.equals(other, item)),
    ],
    __reversed__: ['self', (_m, self: View) => iteratorOf(members(self).reverse())],
    __repr__: [
      'self',
      function* (m: Machine, self: View): Steps<Value> {
        return `${cls.name}(${yield* m.repr(list(members(self)))})`
      },
    ],
    __eq__: [
      'self, other',
      (m, self: View, other: Value) =>
        other instanceof View && cls !== T.dictValues && m.equals(set(members(self)), set([...other.dict.map.values()].map(of))),
    ],
    isdisjoint: [
      'self, other',
      function* (m: Machine, self: View, other: Value): Steps<Value> {
        const keys = set(members(self))
        return !(yield* m.toArray(other)).some((item) => keys.map.has(keyOf(item)))
      },
    ],
  })
  for (const [name, operator] of [
    ['__and__', '&'],
    ['__or__', '|'],
    ['__sub__', '-'],
    ['__xor__', '^'],
  ] as const)
    cls.dict.set(
      name,
      define(
        name,
        'self, other',
        function* (m: Machine, self: View, other: Value): Steps<Value> {
          return sets(operator, set(members(self)), set(yield* m.toArray(other))) as Value
        },
        true,
      ),
    )
}

methods(T.dict, {
  keys: ['self', (_m, self: PyDict) => new View(self, T.dictKeys)],
  values: ['self', (_m, self: PyDict) => new View(self, T.dictValues)],
  items: ['self', (_m, self: PyDict) => new View(self, T.dictItems)],
  get: [
    'self, key, default=',
    (_m, self: PyDict, key: Value, usual: Value | undefined) =>
      self.map.get(keyOf(key))?.value ?? (self.map.has(keyOf(key)) ? null : (usual ?? null)),
  ],
  pop: [
    'self, key, default=',
    (_m, self: PyDict, key: Value, usual: Value | undefined) => {
      const entry = self.map.get(keyOf(key))
      if (entry) {
        self.map.delete(keyOf(key))
        return entry.value
      }
      if (usual === undefined) throw raise('KeyError', key)
      return usual
    },
  ],
  popitem: [
    'self',
    (_m, self: PyDict) => {
      const last = [...self.map.keys()].at(-1)
      if (last === undefined) throw raise('KeyError', 'popitem(): dictionary is empty')
      const { key, value } = self.map.get(last) as Entry
      self.map.delete(last)
      return tuple(key, value)
    },
  ],
  setdefault: [
    'self, key, default=',
    (m, self: PyDict, key: Value, usual: Value | undefined) => {
      const entry = self.map.get(keyOf(key))
      if (entry) return entry.value
      self.map.set(keyOf(key), { key, value: usual ?? null })
      m.allocate(96)
      return usual ?? null
    },
  ],
  clear: [
    'self',
    (_m, self: PyDict) => {
      self.map.clear()
      return null
    },
  ],
  copy: ['self', (_m, self: PyDict) => copyOf(self)],
  update: [
    'self, *args, **kw',
    function* (m: Machine, self: PyDict, args: Value[], keywords: Keywords): Steps<Value> {
      yield* fill(m, self, args, keywords)
      return null
    },
  ],
  __init__: [
    'self, *args, **kw',
    function* (m: Machine, self: PyDict, args: Value[], keywords: Keywords): Steps<Value> {
      if (!self.cls.isBuiltin) yield* fill(m, self, args, keywords)
      return null
    },
  ],
  __getitem__: [
    'self, key',
    (m, self: PyDict, key: Value) => {
      const entry = self.map.get(keyOf(key))
      if (entry) return entry.value
      const absent = self.cls.find('__missing__')
      if (absent !== undefined) return m.call(absent, [self, key])
      throw raise('KeyError', key)
    },
  ],
  __setitem__: [
    'self, key, value',
    (m, self: PyDict, key: Value, value: Value) => {
      self.map.set(keyOf(key), { key: self.map.get(keyOf(key))?.key ?? key, value })
      m.allocate(96)
      return null
    },
  ],
  __delitem__: [
    'self, key',
    (_m, self: PyDict, key: Value) => {
      if (!self.map.delete(keyOf(key))) throw raise('KeyError', key)
      return null
    },
  ],
  __contains__: ['self, key', (_m, self: PyDict, key: Value) => self.map.has(keyOf(key))],
  __reversed__: ['self', (_m, self: PyDict) => iteratorOf([...self.map.values()].map(({ key }) => key).reverse(), T.dictKeyIterator)],
})
T.dict.dict.set(
  'fromkeys',
  new PyWrapper(
    define(
      'fromkeys',
      'cls, iterable, value=',
      function* (m: Machine, _cls: Value, iterable: Value, value: Value | undefined): Steps<Value> {
        return dict((yield* m.toArray(iterable)).map((key): [Value, Value] => [key, value ?? null]))
      },
    ),
    T.classmethod,
  ),
)

function copyOf(self: PyDict): PyDict {
  const copy = new PyDict(self.cls)
  if (self.attributes) copy.attributes = new Map(self.attributes)
  for (const [key, entry] of self.map) copy.map.set(key, { ...entry })
  return copy
}

function* combined(m: Machine, operator: string, self: PySet, others: Value[]): Steps<PySet> {
  let result = self
  if (others.length === 0) result = set(self.map.values(), self.cls)
  for (const other of others) result = sets(operator, result, other instanceof PySet ? other : set(yield* m.toArray(other))) as PySet
  return result
}

for (const cls of [T.set, T.frozenset]) {
  const combine = (operator: string): [string, (m: Machine, self: PySet, others: Value[]) => Steps<Value>] => [
    'self, *args',
    (m, self, others) => combined(m, operator, self, others),
  ]
  methods(cls, {
    union: combine('|'),
    intersection: combine('&'),
    difference: combine('-'),
    symmetric_difference: combine('^'),
    copy: ['self', (_m, self: PySet) => set(self.map.values(), self.cls)],
    issubset: [
      'self, other',
      function* (m: Machine, self: PySet, other: Value): Steps<Value> {
        const larger = set(yield* m.toArray(other))
        return [...self.map.keys()].every((key) => larger.map.has(key))
      },
    ],
    issuperset: [
      'self, other',
      function* (m: Machine, self: PySet, other: Value): Steps<Value> {
        return (yield* m.toArray(other)).every((item) => self.map.has(keyOf(item)))
      },
    ],
    isdisjoint: [
      'self, other',
      function* (m: Machine, self: PySet, other: Value): Steps<Value> {
        return !(yield* m.toArray(other)).some((item) => self.map.has(keyOf(item)))
      },
    ],
  })
}

const changing = (operator: string): [string, (m: Machine, self: PySet, others: Value[]) => Steps<Value>] => [
  'self, *args',
  function* (m: Machine, self: PySet, others: Value[]): Steps<Value> {
    const result = [...(yield* combined(m, operator, self, others)).map]
    m.allocate(result.length * 16)
    self.map.clear()
    for (const [key, value] of result) self.map.set(key, value)
    return null
  },
]

methods(T.set, {
  add: [
    'self, item',
    (m, self: PySet, item: Value) => {
      const key = keyOf(item)
      if (!self.map.has(key)) {
        self.map.set(key, item)
        m.allocate(64)
      }
      return null
    },
  ],
  remove: [
    'self, item',
    (_m, self: PySet, item: Value) => {
      if (!self.map.delete(keyOf(item))) throw raise('KeyError', item)
      return null
    },
  ],
  discard: [
    'self, item',
    (_m, self: PySet, item: Value) => {
      self.map.delete(keyOf(item))
      return null
    },
  ],
  pop: [
    'self',
    (_m, self: PySet) => {
      const [first] = setOrder(self)
      if (first === undefined) throw raise('KeyError', 'pop from an empty set')
      self.map.delete(keyOf(first))
      return first
    },
  ],
  clear: [
    'self',
    (_m, self: PySet) => {
      self.map.clear()
      return null
    },
  ],
  update: changing('|'),
  intersection_update: changing('&'),
  difference_update: changing('-'),
  symmetric_difference_update: changing('^'),
})
