import { randomUUID } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, opendir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { ObjectStore } from '@yardmaster/domain/ports'
import { Blocks, inBlocks } from '../http/blocks.ts'
import { flushDirectory } from '../process/flush.ts'
import { checkKey, untilAborted } from './object-body.ts'

/** Directory for uploads under way. No key begins with a dot, so it cannot collide with an object. */
const INCOMING = '.incoming'
/** Larger than the free space that a full disk may have left in allocated blocks. */
const PROBE = new Uint8Array(65_536)
const READ_BYTES = 262_144
const WRITE_BYTES = 524_288
/** Created directories to remember. Beyond this all are forgotten, which costs one more system call each. */
const REMEMBERED_DIRECTORIES = 10_000

/**
 * Stores objects as files under their keys. Bytes are written to a temporary file, flushed, and renamed in one step:
 * after a crash a file is whole or absent. One process per folder (`DATA_DIR` is locked).
 */
export class FilesystemObjectStore implements ObjectStore, AsyncDisposable {
  readonly #root: string
  /** Directories that exist and are flushed, or are about to be. */
  readonly #made = new Map<string, Promise<void>>()

  private constructor(root: string) {
    this.#root = root
  }

  /** Creates the folder if necessary, and removes what uploads interrupted by a crash left in it. */
  static async open(folder: string): Promise<FilesystemObjectStore> {
    const root = resolve(folder)
    await mkdir(root, { recursive: true, mode: 0o700 })
    await rm(join(root, INCOMING), { recursive: true, force: true })
    await mkdir(join(root, INCOMING))
    // Objects of earlier versions may be readable by all users; this keeps other users out.
    await chmod(root, 0o700).catch(() => undefined)
    await flushDirectory(dirname(root))
    return new FilesystemObjectStore(root)
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ bytes: number }> {
    checkKey(key)
    const incoming = join(this.#root, INCOMING, randomUUID())
    try {
      const bytes = await writeFlushed(incoming, body, signal)
      signal?.throwIfAborted()
      await this.#name(incoming, join(this.#root, key))
      return { bytes }
    } catch (error) {
      await rm(incoming, { force: true })
      throw error
    }
  }

  /** Keeps a file open until the returned body is read to its end or abandoned. */
  async get(key: string, range?: { start: number; end?: number }): Promise<AsyncIterable<Uint8Array> | null> {
    checkKey(key)
    const file = await open(join(this.#root, key), 'r').catch(nullIfMissing)
    if (!file) return null
    try {
      const about = await file.stat()
      if (about.isFile())
        return await readPieces(file, range?.start ?? 0, Math.min(range?.end ?? about.size, about.size))
    } catch (error) {
      await file.close()
      throw error
    }
    await file.close()
    return null
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key)
    const left = new Set<string>()
    for (const key of keys) {
      const path = join(this.#root, key)
      await unlink(path).catch(nullIfMissing)
      left.add(await this.#removeIfEmpty(dirname(path)))
    }
    // A power cut would bring back unflushed files, and no sweep finds objects without rows.
    for (const directory of left) await this.#flushRemoval(directory)
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; bytes: number; modifiedAt: Date }> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    if (folder !== '') checkKey(folder.slice(0, -1))
    yield* this.#walk(folder, prefix)
  }

  /** Returns null: files have no address of their own. */
  async link(): Promise<null> {
    return null
  }

  /** Writes bytes as an upload does, because a full disk still accepts empty files. */
  async probe(): Promise<void> {
    const path = join(this.#root, INCOMING, randomUUID())
    try {
      try {
        await writeFlushed(path, PROBE, undefined)
      } finally {
        await rm(path, { force: true })
      }
    } catch (error) {
      throw new Error(`No object can be written to ${this.#root}: ${String(error)}`, { cause: error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #name(incoming: string, path: string): Promise<void> {
    const directory = dirname(path)
    for (let attempt = 1; ; attempt++) {
      await this.#make(directory)
      try {
        await rename(incoming, path)
        break
      } catch (error) {
        // The last object of the directory was just deleted, and the empty directory with it.
        if (codeOf(error) !== 'ENOENT' || attempt === 10) throw error
        this.#made.delete(directory)
      }
    }
    // Deleted and created again in between, the directory may not be on disk yet.
    await this.#make(directory)
    await flushDirectory(directory)
  }

  /** Creates a directory and flushes its parent. Concurrent calls wait for the first one. */
  #make(directory: string): Promise<void> {
    if (directory === this.#root) return Promise.resolve()
    const made = this.#made.get(directory)
    if (made) return made
    if (this.#made.size >= REMEMBERED_DIRECTORIES) this.#made.clear()
    const making = this.#makeBelow(dirname(directory), directory).catch((error) => {
      this.#made.delete(directory)
      throw error
    })
    this.#made.set(directory, making)
    return making
  }

  async #makeBelow(parent: string, directory: string): Promise<void> {
    await this.#make(parent)
    try {
      await mkdir(directory)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') {
        // Deleted meanwhile, as above.
        this.#made.delete(parent)
        return await this.#makeBelow(parent, directory)
      }
      if (codeOf(error) !== 'EEXIST') throw error
    }
    // Deleted and created again since the wait, the parent may not be on disk yet.
    await this.#make(parent)
    // Also when the directory existed: a killed process may have created it without flushing.
    await flushDirectory(parent)
  }

  /**
   * Removes empty directories, which deleted jobs would leave behind for ever.
   *
   * @returns the deepest directory that remains.
   */
  async #removeIfEmpty(directory: string): Promise<string> {
    if (directory === this.#root) return directory
    try {
      await rmdir(directory)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return directory
    }
    this.#made.delete(directory)
    return await this.#removeIfEmpty(dirname(directory))
  }

  /**
   * Flushes the removal of names from a directory. Other calls may remove the directory itself, or create it again,
   * meanwhile: then the removal is on disk once its parent is flushed.
   */
  async #flushRemoval(directory: string): Promise<void> {
    const outcome = await flushDirectory(directory)
    if (directory === this.#root) return
    const isMade = await this.#made.get(directory)?.then(
      () => true,
      () => false,
    )
    if (outcome === 'gone' || !isMade) await this.#flushRemoval(dirname(directory))
  }

  async *#walk(folder: string, prefix: string): AsyncGenerator<{ key: string; bytes: number; modifiedAt: Date }> {
    const directory = await opendir(join(this.#root, folder)).catch(nullIfMissing)
    if (!directory) return
    for await (const entry of directory) {
      const key = folder + entry.name
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) {
        const below = `${key}/`
        if (below.startsWith(prefix)) yield* this.#walk(below, prefix)
      } else if (key.startsWith(prefix)) {
        const about = await stat(join(this.#root, key)).catch(nullIfMissing)
        if (about) yield { key, bytes: about.size, modifiedAt: about.mtime }
      }
    }
  }
}

/** Writes bytes to a temporary file; they are on disk when this resolves. Returns their number. */
async function writeFlushed(
  path: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  await using file = await open(path, 'wx')
  // One block is filled while the other one is written.
  using blocks = new Blocks({ count: 2, size: WRITE_BYTES })
  let bytes = 0
  if (body instanceof Uint8Array) {
    signal?.throwIfAborted()
    await file.writeFile(body)
    bytes = body.length
  } else {
    let writing: Promise<void> = Promise.resolve()
    try {
      for await (const block of inBlocks(untilAborted(body, signal), blocks)) {
        await writing
        writing = file.writeFile(block)
        // A failure is reported by the next `await writing`.
        writing.catch(() => undefined)
        bytes += block.length
      }
    } finally {
      await writing
    }
  }
  await file.datasync()
  return bytes
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Reads the first piece at once, so that the file of a small object, as most are, is closed on return. */
async function readPieces(file: FileHandle, start: number, end: number): Promise<AsyncIterable<Uint8Array>> {
  const first = await readAt(file, start, end)
  const next = start + first.length
  if (next < end && first.length > 0) return readOn(file, first, next, end)
  await file.close()
  return first.length > 0 ? once(first) : none()
}

async function* readOn(file: FileHandle, first: Uint8Array, start: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let at = start; at < end; ) {
      const piece = await readAt(file, at, end)
      if (piece.length === 0) return
      at += piece.length
      yield piece
    }
  } finally {
    await file.close()
  }
}

async function readAt(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const wanted = Math.min(READ_BYTES, end - start)
  if (wanted <= 0) return new Uint8Array()
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, start)
  return buffer.subarray(0, bytesRead)
}

async function* none(): AsyncGenerator<Uint8Array> {}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** Returns null for a missing file. ENOTDIR means that a parent is a file, so the path cannot exist. */
function nullIfMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
  throw error
}
