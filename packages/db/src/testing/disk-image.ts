import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Draws a number from 0 up to but not including 1. */
export type Draw = () => number

export class RecordedFile {
  readonly kind = 'file'
  /** Its name when it was created. */
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export class RecordedDirectory {
  readonly kind = 'directory'
  /** The entries as programs see them. */
  readonly entries = new Map<string, RecordedNode>()
}

export type RecordedNode = RecordedFile | RecordedDirectory

/** An entry that is added or, with null, removed. */
export interface EntryChange {
  readonly directory: RecordedDirectory
  readonly name: string
  readonly node: RecordedNode | null
}

export type Operation =
  | { readonly kind: 'write'; readonly file: RecordedFile; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly file: RecordedFile; readonly size: number }
  /** All changes of one call, which a journaling file system applies together. */
  | { readonly kind: 'entries'; readonly changes: readonly EntryChange[] }
  /** Everything done to the node by operations before `upTo` is on the disk. */
  | { readonly kind: 'flush'; readonly node: RecordedNode; readonly upTo: number }

type ContentChange = Extract<Operation, { kind: 'write' | 'resize' }>
type EntriesChange = Extract<Operation, { kind: 'entries' }>

interface Pending<Change> {
  readonly index: number
  readonly change: Change
}

/** Fractions of the unflushed changes that have reached the disk anyway. One is drawn for each power cut. */
const LUCK = [0, 0, 0.5, 0.95]

const SECTOR = 512

/**
 * A disk with everything that was flushed. Unflushed changes may be there too, in any order, as after a power cut while
 * writes are in the machine's memory.
 */
export class DiskImage {
  readonly #root: RecordedDirectory
  readonly #contents = new Map<RecordedFile, Buffer>()
  readonly #names = new Map<RecordedDirectory, Map<string, RecordedNode>>()
  readonly #unflushed = new Map<RecordedFile, Pending<ContentChange>[]>()
  readonly #unflushedNames = new Map<RecordedDirectory, Pending<EntriesChange>[]>()
  readonly #made = new Set<EntriesChange>()

  /** @param contents - the files that existed before the recording; they count as flushed. */
  constructor(
    root: RecordedDirectory,
    names: ReadonlyMap<RecordedDirectory, ReadonlyMap<string, RecordedNode>>,
    contents: ReadonlyMap<RecordedFile, Buffer>,
  ) {
    this.#root = root
    for (const [directory, entries] of names) this.#names.set(directory, new Map(entries))
    for (const [file, bytes] of contents) this.#contents.set(file, Buffer.from(bytes))
  }

  apply(index: number, operation: Operation): void {
    if (operation.kind === 'flush') {
      this.#flush(operation.node, operation.upTo)
    } else if (operation.kind === 'entries') {
      for (const { directory } of operation.changes) push(this.#unflushedNames, directory, { index, change: operation })
    } else push(this.#unflushed, operation.file, { index, change: operation })
  }

  /** Writes the state after a power cut at this moment into a new directory. */
  async writeTo(target: string, draw: Draw): Promise<void> {
    const luck = LUCK[Math.floor(draw() * LUCK.length)] ?? 0
    const names = new Map([...this.#names].map(([directory, entries]) => [directory, new Map(entries)]))
    const made = new Set(this.#made)
    for (const pending of this.#unflushedNames.values()) {
      // The changes of one directory reach the disk in order.
      const reached = Math.floor(draw() * (pending.length + 1) * (luck > 0 ? 1 : 0))
      for (const { change } of pending.slice(0, reached)) makeEntries(names, made, change)
    }
    await this.#write(target, this.#root, names, luck, draw)
  }

  async #write(
    path: string,
    node: RecordedNode,
    names: Map<RecordedDirectory, Map<string, RecordedNode>>,
    luck: number,
    draw: Draw,
  ): Promise<void> {
    if (node.kind === 'directory') {
      await mkdir(path, { mode: 0o700, recursive: true })
      for (const [name, entry] of names.get(node) ?? []) await this.#write(join(path, name), entry, names, luck, draw)
      return
    }
    let bytes: Buffer = Buffer.from(this.#contents.get(node) ?? [])
    for (const { change } of this.#unflushed.get(node) ?? []) {
      if (draw() < luck) bytes = changed(bytes, torn(change, draw))
    }
    await writeFile(path, bytes, { mode: 0o600 })
  }

  #flush(node: RecordedNode, upTo: number): void {
    const before = ({ index }: { index: number }) => index < upTo
    if (node.kind === 'directory') {
      const pending = this.#unflushedNames.get(node) ?? []
      for (const { change } of pending.filter(before)) makeEntries(this.#names, this.#made, change)
      this.#unflushedNames.set(
        node,
        pending.filter((one) => !before(one)),
      )
      return
    }
    const pending = this.#unflushed.get(node) ?? []
    let bytes = this.#contents.get(node) ?? Buffer.alloc(0)
    for (const { change } of pending.filter(before)) bytes = changed(bytes, change)
    this.#contents.set(node, bytes)
    this.#unflushed.set(
      node,
      pending.filter((one) => !before(one)),
    )
  }
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

function makeEntries(
  names: Map<RecordedDirectory, Map<string, RecordedNode>>,
  made: Set<EntriesChange>,
  operation: EntriesChange,
): void {
  // A rename between directories is in the lists of both.
  if (made.has(operation)) return
  made.add(operation)
  for (const { directory, name, node } of operation.changes) {
    const entries = names.get(directory) ?? new Map<string, RecordedNode>()
    names.set(directory, entries)
    if (node) entries.set(name, node)
    else entries.delete(name)
  }
}

function changed(bytes: Buffer, change: ContentChange): Buffer {
  if (change.kind === 'resize') return resized(bytes, change.size)
  const end = change.at + change.bytes.length
  const long = end > bytes.length ? resized(bytes, end) : bytes
  long.set(change.bytes, change.at)
  return long
}

function resized(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.alloc(size)
  bytes.copy(copy, 0, 0, Math.min(size, bytes.length))
  return copy
}

/** Disks write whole sectors, and a long write may be cut between two of them. */
function torn(change: ContentChange, draw: Draw): ContentChange {
  if (change.kind === 'resize' || change.bytes.length <= SECTOR || draw() < 0.8) return change
  const sectors = Math.floor((draw() * change.bytes.length) / SECTOR)
  return { ...change, bytes: change.bytes.subarray(0, sectors * SECTOR) }
}
