import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { PLANT_NAMES, type PlantName } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'

/** How a protocol shows each kind of plant: a YAML file a kind in a folder of the lure, such as `registers/substation.yaml`. */
export function readTables<T extends z.ZodType>(folder: URL, schema: T): Readonly<Record<PlantName, z.output<T>>> {
  const read = (name: PlantName): z.output<T> => {
    const file = new URL(`${name}.yaml`, folder)
    return parseYaml(file.pathname, readFileSync(file, 'utf8'), schema)
  }
  return Object.fromEntries(PLANT_NAMES.map((name) => [name, read(name)])) as Record<PlantName, z.output<T>>
}
