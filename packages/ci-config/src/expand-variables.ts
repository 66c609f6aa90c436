/** The members of a variable that expansion reads. */
interface Expandable {
  readonly key: string
  readonly value: string
  readonly file?: boolean | undefined
  readonly raw?: boolean | undefined
}

/** Matches `$$` and `%%` as well, so that their second character does not start a reference. */
export const REFERENCE = /\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%/g

/** Returns the names of the variables that a text refers to. */
export const namesIn = (text: string): string[] => [...text.matchAll(REFERENCE)].flatMap((match) => nameIn(match) ?? [])

const nameIn = (match: RegExpExecArray): string | undefined => match[1] ?? match[2] ?? match[3]

/** The longest that a value may become; otherwise a few variables that double each other would fill the memory. */
const MAX_CHARACTERS = 128 * 1024
/** The longest that all values together may become, for the same reason. */
const MAX_TOTAL_CHARACTERS = 2 * 1024 * 1024

/**
 * Replaces references to other variables of the list (`$NAME`, `${NAME}`, `%NAME%`) by their values, expanding those
 * first. Keys, order and flags stay. Of several variables with one key the last one counts.
 *
 * Some references stay as they are: those to unknown names, which the runner may know; those in raw variables, and
 * those to raw or file variables, which the runner must see; `$$`; and everything in or through a circle or past the
 * size limit.
 *
 * @see `docs/protocol/job-request.md 11`
 */
export function expandVariables<V extends Expandable>(variables: readonly V[]): V[] {
  const byKey = new Map(variables.map((variable) => [variable.key, variable]))
  const done = new Map<V, string | null>()
  let total = 0

  /** Returns the value to insert for a reference, or null to keep the reference. */
  const replacement = (name: string): string | null => {
    const target = byKey.get(name)
    if (target === undefined || target.file || target.raw) return null
    return done.get(target) ?? null
  }

  const expand = (variable: V): string | null => {
    if (variable.raw) return null
    let size = variable.value.length
    for (const match of variable.value.matchAll(REFERENCE)) {
      size += (replacement(nameIn(match) ?? '')?.length ?? match[0].length) - match[0].length
    }
    if (size !== variable.value.length && (size > MAX_CHARACTERS || total + size > MAX_TOTAL_CHARACTERS)) return null
    total += size
    return variable.value.replace(REFERENCE, (whole, ...names: (string | undefined)[]) => {
      const name = names[0] ?? names[1] ?? names[2]
      return name === undefined ? whole : (replacement(name) ?? whole)
    })
  }

  for (const component of inOrder(variables, byKey)) {
    for (const variable of component.variables) done.set(variable, component.circular ? null : expand(variable))
  }
  return variables.map((variable) => ({ ...variable, value: done.get(variable) ?? variable.value }))
}

/** Returns the keys of variables that refer to each other in a circle; null when none do. One may refer to itself. */
export function circularKeys(variables: readonly Expandable[]): string[] | null {
  const byKey = new Map(variables.map((variable) => [variable.key, variable]))
  const circle = inOrder([...byKey.values()], byKey).find((component) => component.variables.length > 1)
  return circle?.variables.map(({ key }) => key) ?? null
}

interface Component<V> {
  readonly variables: readonly V[]
  /** Its variables refer to each other, or its only one to itself. */
  readonly circular: boolean
}

/**
 * Orders variables after those that they refer to; a circle comes as one component. Tarjan's algorithm with an explicit
 * stack: a chain of ten thousand variables must not overflow the call stack.
 */
function inOrder<V extends Expandable>(variables: readonly V[], byKey: ReadonlyMap<string, V>): Component<V>[] {
  const components: Component<V>[] = []
  const index = new Map<V, number>()
  const low = new Map<V, number>()
  const open: V[] = []
  const isOpen = new Set<V>()

  const referred = (variable: V): V[] =>
    variable.raw ? [] : [...variable.value.matchAll(REFERENCE)].flatMap((match) => byKey.get(nameIn(match) ?? '') ?? [])

  const enter = (variable: V) => {
    low.set(variable, index.size)
    index.set(variable, index.size)
    open.push(variable)
    isOpen.add(variable)
    return { variable, targets: referred(variable), next: 0, self: false }
  }
  const lower = (variable: V, to: number | undefined): void => {
    if (to !== undefined && to < (low.get(variable) ?? to)) low.set(variable, to)
  }

  for (const start of variables) {
    if (index.has(start)) continue
    const path = [enter(start)]
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const target = step.targets[step.next]
      if (target !== undefined) {
        step.next += 1
        step.self ||= target === step.variable
        if (!index.has(target)) path.push(enter(target))
        else if (isOpen.has(target)) lower(step.variable, index.get(target))
        continue
      }
      path.pop()
      const { variable, self } = step
      const parent = path.at(-1)
      if (parent) lower(parent.variable, low.get(variable))
      if (low.get(variable) !== index.get(variable)) continue
      const members = open.splice(open.lastIndexOf(variable))
      for (const one of members) isOpen.delete(one)
      components.push({ variables: members, circular: self || members.length > 1 })
    }
  }
  return components
}
