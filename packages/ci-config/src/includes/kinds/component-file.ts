import type { ComponentFacts } from '../../inputs/read-text.ts'
import { rubyText } from '../../yaml/ruby-text.ts'
import type { ComponentAddress, ComponentProject } from '../config-source.ts'
import type { IncludeEntry, Including } from '../include-entry.ts'
import { type Fetched, type FileProblem, IncludedFile, presentText } from '../included-file.ts'
import type { Level } from '../level.ts'

/** `<host>/<project path>/<name>@<version>`. */
const ADDRESS = /^([^/@]+)\/([^@]+)\/([^/@]+)@(.+)$/

/** A component: a file of a project that takes inputs, at a version. */
export class ComponentFile extends IncludedFile {
  readonly keyword = 'component'
  #found: ComponentProject | null = null

  static open(entry: IncludeEntry, including: Including): ComponentFile | null {
    const location = entry.keys.get('component')
    return presentText(location) === null ? null : new ComponentFile(entry, location ?? null, including)
  }

  override checkLocation(): FileProblem | null {
    if (typeof this.location === 'string') return null
    return { message: `Included file \`${this.shown}\` needs to be a string` }
  }

  override async checkContext(): Promise<FileProblem | null> {
    return this.including.level.files ? null : { message: 'Unable to use components outside of a project context' }
  }

  get #address(): ComponentAddress | null {
    const [, host, project, name, version] = ADDRESS.exec(rubyText(this.location)) ?? []
    return host && project && name && version ? { host, project, name, version } : null
  }

  async fetch(): Promise<Fetched> {
    const { run } = this.including
    const address = this.#address
    if (address === null) return this.#problem('the component path is not supported')
    if (address.version === '~latest') {
      return this.#problem('The ~latest version needs a catalogue of components. Use a tag, branch, or commit instead')
    }
    const found = await run.wait(async (signal) => run.source.component?.(address, signal) ?? 'unknown')
    if (found === 'unknown') return { message: this.#unknownHost() }
    if (found === 'denied') return this.#problem("project does not exist or you don't have sufficient permissions")
    if (found === 'unreachable') return this.#problem('its server does not answer as it should')
    if (found === 'no-ref') return this.#problem('content not found')
    this.#found = found
    for (const path of [`templates/${address.name}.yml`, `templates/${address.name}/template.yml`]) {
      const text = await run.wait((signal) => found.files.read(path, signal))
      if (text !== null) return { text }
    }
    return this.#problem('content not found')
  }

  #problem(what: string): FileProblem {
    return { message: `Component '${this.shown}' - ${what}` }
  }

  #unknownHost(): string {
    return (
      `include:component "${this.shown}": this server knows no component catalogue at that host. ` +
      "Configure INCLUDE_PROJECT_BASE, or use include:remote with the raw address of the component's template."
    )
  }

  override get emptiness(): string {
    return this.#problem('content not found').message
  }

  get #facts(): ComponentFacts {
    if (!this.#found) return new Map()
    return new Map([
      ['name', this.#address?.name ?? null],
      ['sha', this.#found.sha],
      ['version', this.#found.version],
      ['reference', this.#address?.version ?? null],
    ])
  }

  override get level(): Level {
    return { ...this.including.level, component: this.#facts }
  }

  override get levelInside(): Level {
    const { variables } = this.including.level
    return { files: this.#found?.files ?? null, variables, component: this.#facts, hasParent: false }
  }
}
