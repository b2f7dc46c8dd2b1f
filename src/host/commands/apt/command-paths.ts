/** Files of packages, told by the table of commands when it is put together: the table knows this file, not the other way round. */
const paths = new Map<string, string[]>()

export function noteCommandPaths(fromPackage: string, files: readonly string[]): void {
  paths.set(fromPackage, [...(paths.get(fromPackage) ?? []), ...files])
}

/** Executables that a package brought. */
export function commandPaths(fromPackage: string): readonly string[] {
  return paths.get(fromPackage) ?? []
}
