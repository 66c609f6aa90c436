import fs from 'node:fs'
import { promisify } from 'node:util'
import { NodeFS } from '@electric-sql/pglite/nodefs'

const flushData = (descriptor: number): Promise<void> => promisify(fs.fdatasync)(descriptor)

interface Node {
  readonly name: string
  readonly parent: Node
}

interface Attributes {
  readonly mode?: number
  readonly size?: number
}

interface Stream {
  readonly node: Node
  /** The file descriptor of Node. */
  readonly nfd: number
}

/** The functions that PGlite's build of Emscripten calls for files of this machine, as far as they are changed here. */
interface HostFiles {
  realPath(node: Node): string
  tryFSOperation<T>(operation: () => T): T
  readonly node_ops: {
    mknod(directory: Node, name: string, mode: number, device: number): Node
    rename(node: Node, directory: Node, name: string): void
    unlink(directory: Node, name: string): void
    rmdir(directory: Node, name: string): void
    setattr(node: Node, attributes: Attributes): void
  }
  readonly stream_ops: {
    setattr(stream: Stream, attributes: Attributes): void
    write(stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number): number
    fsync?(stream: Stream): number
  }
}

/** PostgreSQL creates some files with the C library's mode, 0666, and Emscripten sets that again, despite any umask. */
const ownersOnly = (attributes: Attributes): Attributes =>
  attributes.mode === undefined ? attributes : { ...attributes, mode: attributes.mode & ~0o077 }

const WAL_SEGMENT = /^[0-9A-F]{24}$/

const isWalSegment = (node: Node): boolean => node.parent.name === 'pg_wal' && WAL_SEGMENT.test(node.name)

/** The files of the database can't be flushed any more: the last writes may be lost, so no more are accepted. */
export class FlushError extends Error {
  override name = 'FlushError'
}

/**
 * The files of an embedded database, with flushes that reach the disk. PGlite's own file system has no flushes: its
 * `fsync` returns at once.
 *
 * PostgreSQL flushes its log (WAL) at every commit. Here that only notes the segment, and {@link flushed} flushes it
 * off the event loop, once for all statements that ended meanwhile; a commit is confirmed after that. Two rules make
 * this as safe as a flush at the commit itself:
 *
 * - Before anything other than the log is changed (a page is written, a file is truncated, renamed or removed), the log
 *   noted so far is flushed synchronously. A page that reaches the disk before its log is damage that can't be
 *   repaired.
 * - All other flushes (checkpoints, new segments, directories) are synchronous.
 */
export class FlushedFiles extends NodeFS {
  /** Segments that PostgreSQL considers flushed, by path, each with a descriptor of our own. */
  readonly #noted = new Map<string, number>()
  /** Noted segments that are being flushed. */
  #flushing = new Map<string, number>()
  #underWay: Promise<void> | null = null
  #next: Promise<void> | null = null
  #failure: FlushError | null = null
  #segment = ''
  #segmentsBegun = 0

  override async init(...[pglite, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pglite, options)
    const preRun = [...(emscriptenOpts.preRun ?? [])]
    preRun.push((module) => this.#takeOver(module.NODEFS as unknown as HostFiles))
    return { emscriptenOpts: { ...emscriptenOpts, preRun } }
  }

  /** The number of log segments begun since this was opened, 16 MiB each. */
  get segmentsBegun(): number {
    return this.#segmentsBegun
  }

  /**
   * @throws FlushError once a flush has failed: Linux reports that once, and then forgets what could not be written.
   */
  check(): void {
    if (this.#failure) throw this.#failure
  }

  /**
   * Resolves when every commit so far is on the disk. Callers that come during a flush share the next one.
   *
   * @throws FlushError when flushing fails, and always afterwards.
   */
  async flushed(): Promise<void> {
    this.check()
    if (this.#noted.size === 0) {
      await this.#underWay
      return
    }
    this.#next ??= this.#flushAfter(this.#underWay)
    await this.#next
  }

  async #flushAfter(earlier: Promise<void> | null): Promise<void> {
    await earlier
    // Commits from here on need a flush that begins later.
    this.#underWay = this.#next
    this.#next = null
    this.check()
    this.#flushing = new Map(this.#noted)
    this.#noted.clear()
    try {
      for (const descriptor of this.#flushing.values()) await flushData(descriptor)
    } catch (error) {
      throw this.#fail(error)
    } finally {
      for (const descriptor of this.#flushing.values()) fs.closeSync(descriptor)
      this.#flushing.clear()
      this.#underWay = null
    }
  }

  #fail(error: unknown): FlushError {
    this.#failure ??= new FlushError(
      `The database's files can't be flushed to the disk, so nothing more is accepted until the next start: ${(error as Error).message}`,
      { cause: error },
    )
    return this.#failure
  }

  /** Synchronous, because PostgreSQL continues as soon as this returns. */
  #flushOnTheSpot(): void {
    if (this.#noted.size === 0 && this.#flushing.size === 0) return
    try {
      for (const descriptor of this.#flushing.values()) fs.fdatasyncSync(descriptor)
      for (const descriptor of this.#noted.values()) fs.fdatasyncSync(descriptor)
    } catch (error) {
      this.#fail(error)
      // With its code, which PostgreSQL receives.
      throw error
    }
    // Those being flushed are closed by that flush.
    for (const descriptor of this.#noted.values()) fs.closeSync(descriptor)
    this.#noted.clear()
  }

  #takeOver(host: HostFiles): void {
    const { node_ops: nodes, stream_ops: streams } = host
    const original = { ...nodes, write: streams.write, setOpen: streams.setattr }
    const logFirst = () => host.tryFSOperation(() => this.#flushOnTheSpot())

    nodes.mknod = (directory, name, mode, device) => original.mknod(directory, name, mode & ~0o077, device)
    streams.fsync = (stream) =>
      host.tryFSOperation(() => {
        if (isWalSegment(stream.node)) this.#note(host.realPath(stream.node))
        else {
          this.#flushOnTheSpot()
          this.#flushFile(stream)
        }
        return 0
      })
    streams.write = (stream, ...rest) => {
      if (!isWalSegment(stream.node)) logFirst()
      return original.write(stream, ...rest)
    }
    streams.setattr = (stream, attributes) => {
      if (attributes.size !== undefined) logFirst()
      original.setOpen(stream, ownersOnly(attributes))
    }
    nodes.setattr = (node, attributes) => {
      if (attributes.size !== undefined) logFirst()
      original.setattr(node, ownersOnly(attributes))
    }
    nodes.rename = (...names) => {
      logFirst()
      original.rename(...names)
    }
    nodes.unlink = (...names) => {
      logFirst()
      original.unlink(...names)
    }
    nodes.rmdir = (...names) => {
      logFirst()
      original.rmdir(...names)
    }
  }

  #flushFile(stream: Stream): void {
    try {
      fs.fsyncSync(stream.nfd)
    } catch (error) {
      // PostgreSQL expects file systems that can't flush a directory, and continues.
      if (fs.fstatSync(stream.nfd).isFile()) this.#fail(error)
      throw error
    }
  }

  #note(path: string): void {
    if (path !== this.#segment) {
      this.#segment = path
      this.#segmentsBegun++
    }
    // A separate descriptor: PostgreSQL closes a segment that is full, which still has to be flushed then.
    if (!this.#noted.has(path)) this.#noted.set(path, fs.openSync(path, 'r+'))
  }
}
