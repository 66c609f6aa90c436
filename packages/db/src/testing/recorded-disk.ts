import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import {
  DiskImage,
  type Draw,
  type EntryChange,
  type Operation,
  RecordedDirectory,
  RecordedFile,
  type RecordedNode,
} from './disk-image.ts'

const CREATES = fs.constants.O_CREAT
const TRUNCATES = fs.constants.O_TRUNC

/**
 * Records everything that this process does to the files below a directory, in order: what was written, named and
 * flushed. The operations reach the real disk as well. For tests of power cuts.
 */
export class RecordedDisk implements Disposable {
  readonly operations: Operation[] = []
  readonly root: string
  readonly #flushMs: number
  readonly #directory = new RecordedDirectory()
  readonly #before = new Map<RecordedDirectory, Map<string, RecordedNode>>()
  readonly #contents = new Map<RecordedFile, Buffer>()
  readonly #open = new Map<number, { node: RecordedNode; position: number }>()
  readonly #undo: (() => void)[] = []
  #turn: Promise<unknown> = Promise.resolve()
  /** While one of our calls runs, the calls inside it are part of it. */
  #inside = 0

  /**
   * @param options.flushMs - how much longer an asynchronous flush takes. On a fast disk it would be over before a test
   * could see whether a statement waits for it.
   */
  constructor(root: string, { flushMs = 0 } = {}) {
    this.root = resolve(root)
    this.#flushMs = flushMs
    this.#scan(this.root, this.#directory)
    this.#intercept()
    syncBuiltinESMExports()
  }

  /** The number of operations so far: a power cut may come after any of them. */
  get length(): number {
    return this.operations.length
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.splice(0)) undo()
    syncBuiltinESMExports()
  }

  /** Replays the operations and writes an image after each of the given ones, which must ascend. */
  async *cuts(after: readonly number[], draw: Draw, target: string): AsyncGenerator<number> {
    const image = new DiskImage(this.#directory, this.#before, this.#contents)
    let done = 0
    for (const cut of [...after].sort((one, other) => one - other)) {
      for (; done < cut; done++) image.apply(done, this.operations[done] as Operation)
      fs.rmSync(target, { recursive: true, force: true })
      await image.writeTo(target, draw)
      yield cut
    }
  }

  #scan(path: string, directory: RecordedDirectory): void {
    for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        const below = new RecordedDirectory()
        directory.entries.set(entry.name, below)
        this.#scan(join(path, entry.name), below)
      } else if (entry.isFile()) {
        const file = new RecordedFile(entry.name)
        directory.entries.set(entry.name, file)
        this.#contents.set(file, fs.readFileSync(join(path, entry.name)))
      }
    }
    this.#before.set(directory, new Map(directory.entries))
  }

  #find(path: unknown): RecordedNode | null {
    if (typeof path !== 'string') return null
    const inside = relative(this.root, resolve(path))
    if (inside.startsWith('..')) return null
    let node: RecordedNode | undefined = this.#directory
    for (const name of inside === '' ? [] : inside.split('/')) {
      if (node?.kind !== 'directory') return null
      node = node.entries.get(name)
    }
    return node ?? null
  }

  #parent(path: unknown): RecordedDirectory | null {
    const found = typeof path === 'string' && resolve(path) !== this.root ? this.#find(dirname(resolve(path))) : null
    return found?.kind === 'directory' ? found : null
  }

  #entries(...changes: EntryChange[]): void {
    for (const { directory, name, node } of changes) {
      if (node) directory.entries.set(name, node)
      else directory.entries.delete(name)
    }
    if (changes.length > 0) this.operations.push({ kind: 'entries', changes })
  }

  #create(path: string, node: RecordedNode): RecordedNode | null {
    const directory = this.#parent(path)
    if (!directory) return null
    this.#entries({ directory, name: basename(path), node })
    return node
  }

  #remove(path: unknown): void {
    const directory = this.#parent(path)
    if (directory && this.#find(path)) this.#entries({ directory, name: basename(String(path)), node: null })
  }

  #rename(from: string, to: string): void {
    const node = this.#find(from)
    const [old, next] = [this.#parent(from), this.#parent(to)]
    if (!node || !old || !next) return
    this.#entries({ directory: old, name: basename(from), node: null }, { directory: next, name: basename(to), node })
  }

  #makeDirectory(path: string): void {
    if (this.#find(path)) return
    if (!this.#parent(path) && relative(this.root, resolve(path)).startsWith('..') === false)
      this.#makeDirectory(dirname(path))
    this.#create(path, new RecordedDirectory())
  }

  #opened(descriptor: number, path: unknown, flags: number): void {
    const node =
      this.#find(path) ??
      ((flags & CREATES) !== 0 ? this.#create(String(path), new RecordedFile(basename(String(path)))) : null)
    if (!node) return
    if (node.kind === 'file' && (flags & TRUNCATES) !== 0) this.operations.push({ kind: 'resize', file: node, size: 0 })
    this.#open.set(descriptor, { node, position: 0 })
  }

  #wrote(descriptor: number, bytes: Uint8Array, position: unknown): void {
    const open = this.#open.get(descriptor)
    if (open?.node.kind !== 'file') return
    const at = typeof position === 'number' ? position : open.position
    if (typeof position !== 'number') open.position += bytes.length
    this.operations.push({ kind: 'write', file: open.node, at, bytes: Uint8Array.from(bytes) })
  }

  #resized(node: RecordedNode | null | undefined, size: number): void {
    if (node?.kind === 'file') this.operations.push({ kind: 'resize', file: node, size })
  }

  #flushed(node: RecordedNode | undefined, upTo: number): void {
    if (node) this.operations.push({ kind: 'flush', node, upTo })
  }

  #wroteFile(path: unknown, data: unknown): void {
    if (typeof path !== 'string') return
    let node = this.#find(path)
    if (node) this.#resized(node, 0)
    else node = this.#create(path, new RecordedFile(basename(path)))
    const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array)
    if (node?.kind === 'file' && bytes.length > 0)
      this.operations.push({ kind: 'write', file: node, at: 0, bytes: Uint8Array.from(bytes) })
  }

  #intercept(): void {
    this.#sync('openSync', (fd, path, flags) => this.#opened(fd as number, path, flagsOf(flags)))
    this.#sync('closeSync', (_, fd) => void this.#open.delete(fd as number))
    this.#sync('writeSync', (n, fd, bytes, offset, _length, position) =>
      this.#wrote(
        fd as number,
        (bytes as Uint8Array).subarray(Number(offset ?? 0), Number(offset ?? 0) + (n as number)),
        position,
      ),
    )
    this.#sync('writeFileSync', (_, path, data) => this.#wroteFile(path, data))
    this.#sync('truncateSync', (_, path, size) => this.#resized(this.#find(path), Number(size ?? 0)))
    this.#sync('ftruncateSync', (_, fd, size) => this.#resized(this.#open.get(fd as number)?.node, Number(size ?? 0)))
    this.#sync('renameSync', (_, from, to) => this.#rename(String(from), String(to)))
    this.#sync('unlinkSync', (_, path) => this.#remove(path))
    this.#sync('rmdirSync', (_, path) => this.#remove(path))
    this.#sync('rmSync', (_, path) => this.#remove(path))
    this.#sync('mkdirSync', (_, path) => this.#makeDirectory(String(path)))
    for (const name of ['fsyncSync', 'fdatasyncSync'] as const)
      this.#sync(name, (_, fd) => this.#flushed(this.#open.get(fd as number)?.node, this.length))
    for (const name of ['fsync', 'fdatasync'] as const) this.#callback(name)

    this.#promise('rename', (from, to) => this.#rename(String(from), String(to)))
    for (const name of ['unlink', 'rmdir', 'rm'] as const) this.#promise(name, (path) => this.#remove(path))
    this.#promise('mkdir', (path) => this.#makeDirectory(String(path)))
    this.#promise('truncate', (path, size) => this.#resized(this.#find(path), Number(size ?? 0)))
    this.#replace(fs.promises, 'open', (original) => (...args: unknown[]) => {
      const opened = (handle: unknown) => {
        const { fd } = handle as fs.promises.FileHandle
        this.#opened(fd, args[0], flagsOf(args[1]))
        return this.#watchHandle(handle as fs.promises.FileHandle)
      }
      return this.#inTurn(() => original(...args), opened)
    })
    this.#promise('writeFile', (path, data) => this.#wroteFile(path, data))
  }

  #watchHandle(handle: fs.promises.FileHandle): fs.promises.FileHandle {
    const { fd } = handle
    const node = this.#open.get(fd)?.node
    if (!node) return handle
    this.#replace(handle, 'writeFile', (original) => async (...args: unknown[]) => {
      await original(...args)
      this.#wrote(fd, typeof args[0] === 'string' ? Buffer.from(args[0]) : (args[0] as Uint8Array), null)
    })
    for (const name of ['write', 'writev', 'appendFile', 'truncate', 'createWriteStream'] as const)
      this.#replace(handle, name, () => () => {
        throw new Error(`A recorded disk does not support FileHandle.${name} yet`)
      })
    for (const name of ['sync', 'datasync'] as const)
      this.#replace(handle, name, (original) => async () => {
        const upTo = this.length
        await original()
        this.#flushed(node, upTo)
      })
    this.#replace(handle, 'close', (original) => async () => {
      this.#open.delete(fd)
      await original()
    })
    return handle
  }

  #sync(name: keyof typeof fs, note: (result: unknown, ...args: unknown[]) => void): void {
    this.#replace(fs, name, (original) => (...args: unknown[]) => {
      this.#inside++
      let result: unknown
      try {
        result = original(...args)
      } finally {
        this.#inside--
      }
      if (this.#inside === 0) note(result, ...args)
      return result
    })
  }

  #callback(name: 'fsync' | 'fdatasync'): void {
    this.#replace(fs, name, (original) => (fd: unknown, done: unknown) => {
      const upTo = this.length
      const node = this.#open.get(fd as number)?.node
      const flush = () =>
        original(fd, (error: unknown) => {
          if (!error) this.#flushed(node, upTo)
          ;(done as (error: unknown) => void)(error)
        })
      if (this.#flushMs === 0) flush()
      else setTimeout(flush, this.#flushMs)
    })
  }

  #promise(name: keyof typeof fs.promises, note: (...args: unknown[]) => void): void {
    this.#replace(
      fs.promises,
      name,
      (original) =>
        (...args: unknown[]) =>
          this.#inTurn(
            () => original(...args),
            () => note(...args),
          ),
    )
  }

  /**
   * Runs calls one after the other: of two concurrent ones, the one that the disk executed first might return second.
   */
  #inTurn(call: () => unknown, note: (result: unknown) => unknown): Promise<unknown> {
    const turn = this.#turn.then(call).then((result) => note(result) ?? result)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  #replace<Owner extends object>(
    owner: Owner,
    name: keyof Owner,
    make: (original: (...args: unknown[]) => unknown) => (...args: never[]) => unknown,
  ): void {
    const original = owner[name] as unknown as (...args: unknown[]) => unknown
    Object.assign(owner, { [name]: make(original.bind(owner)) })
    if ((owner as object) === fs || (owner as object) === fs.promises)
      this.#undo.push(() => void Object.assign(owner, { [name]: original }))
  }
}

function flagsOf(flags: unknown): number {
  if (typeof flags === 'number') return flags
  const text = String(flags ?? 'r')
  return (text.startsWith('r') ? 0 : CREATES) | (text.startsWith('w') ? TRUNCATES : 0)
}
