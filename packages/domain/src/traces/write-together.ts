import { randomBytes } from 'node:crypto'
import type { JobStatus } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { joinSegments } from './join-segments.ts'
import { discardObjects, SegmentKeys } from './segment-keys.ts'

/** Objects under way at the same time: a store that answers slowly makes groups larger, not requests many. */
const GROUPS = 2
/** Most patches in a group: its statement takes milliseconds. */
const PATCHES = 256
/** Most bytes in a group: readers share objects up to this size. */
const GROUP_BYTES = 1_048_576
/** A patch of at least this size gets an object of its own at once: others would have to wait for its bytes. */
const LARGE_BYTES = 262_144
/** The number of new segments after which they are checked for joining. */
const SEGMENTS_PER_JOIN = 32

/** Bytes to be added to a log; none for a heartbeat. */
export interface NewBytes {
  readonly jobId: number
  /** Where the log has to end. */
  readonly start: number
  readonly bytes: Uint8Array
  readonly crc: number
}

/** The log's length after its new bytes, and the status of its job. */
export interface Written {
  readonly storedBytes: number
  readonly status: JobStatus
}

interface Waiting extends NewBytes {
  resolve(outcome: Written | null | Promise<Written | null>): void
  reject(error: unknown): void
}

type WritePorts = Pick<Services, 'traces' | 'objects' | 'artifacts' | 'background' | 'clock'>

/**
 * Returns a function that stores bytes of logs: in an object first, then with a statement that moves the log's length.
 * It resolves when both are durable; to null when the log does not end at `start` or its job is not executing.
 *
 * Bytes that arrive while objects are being written are written together, as one object and with one statement; each
 * has its own outcome. Nothing waits for a timer: when nothing is under way, bytes are written at once, as an object of
 * their log.
 *
 * @see `docs/decisions/0015-logs-share-segments.md`
 */
export function traceWriter(ports: WritePorts): (bytes: NewBytes) => Promise<Written | null> {
  const { traces, objects, background } = ports
  const keys = new SegmentKeys(ports)
  const waiting = new Set<Waiting>()
  /** Jobs with bytes under way: the next ones of the same job go on where these end. */
  const busy = new Set<number>()
  let groups = 0
  /** New ones since segments were last joined. */
  let segments = 0
  let isJoining = false

  /** Takes what fits together, the longest waiting first; at most one of each job. */
  function nextGroup(): Waiting[] {
    const group: Waiting[] = []
    let bytes = 0
    for (const one of waiting) {
      if (busy.has(one.jobId)) continue
      bytes += one.bytes.length
      if (bytes > GROUP_BYTES && group.length > 0) break
      group.push(one)
      busy.add(one.jobId)
      if (group.length === PATCHES) break
    }
    for (const one of group) waiting.delete(one)
    return group
  }

  function start(): void {
    while (groups < GROUPS) {
      const group = nextGroup()
      if (group.length === 0) return
      groups++
      void writeGroup(group).finally(() => {
        groups--
        start()
      })
    }
  }

  /** Hands each its outcome; a failure fails each of them, because nothing is confirmed. Never rejects. */
  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const [first] = group
      if (first && group.length === 1) {
        const own = await putAlone(ports, first)
        return first.resolve(advanceAlone(ports, first, own))
      }
      const isEmpty = group.every(({ bytes }) => bytes.length === 0)
      const outcomes = await writeSegment(isEmpty ? null : await keys.next(), group)
      for (const [index, one] of group.entries()) one.resolve(outcomes[index] ?? null)
    } catch (error) {
      for (const one of group) one.reject(error)
    }
  }

  /** Returns an outcome for each, in order. The group does not wait for one that needs a row of another transaction. */
  async function writeSegment(
    key: string | null,
    group: readonly NewBytes[],
  ): Promise<(Written | null | Promise<Written | null>)[]> {
    const bytes = Buffer.concat(group.map((one) => one.bytes))
    let offset = 0
    const appends = group.map((one) => {
      const append = { jobId: one.jobId, start: one.start, end: one.start + one.bytes.length, offset, crc: one.crc }
      offset += one.bytes.length
      return append
    })
    if (key !== null) await objects.put(key, bytes)
    const advanced = await traces.advanceTogether(key === null ? null : { key, bytes: bytes.length }, appends)
    const segmentId = advanced === 'swept' ? null : advanced.segmentId
    if (segmentId !== null) noteSegment()
    else if (key !== null) background.run('remove an unused segment', () => discardObjects(ports, [key]))
    // It took an hour, or the clock jumped.
    if (advanced === 'swept') return group.map((one) => writeAlone(ports, one))
    return appends.map(({ jobId, start, end, offset, crc }, index) => {
      const outcome = advanced.outcomes[index] ?? null
      if (outcome !== 'locked') return outcome
      const segment = segmentId === null ? null : { id: segmentId, offset }
      return traces.advance({ jobId, start, piece: { start, end, key: key ?? '', crc, segment } })
    })
  }

  function noteSegment(): void {
    segments++
    if (segments < SEGMENTS_PER_JOIN || isJoining) return
    segments = 0
    background.run('join segments', join)
  }

  async function join(): Promise<void> {
    isJoining = true
    try {
      await joinSegments(ports)
    } finally {
      isJoining = false
    }
  }

  return (bytes) => {
    if (bytes.bytes.length >= LARGE_BYTES) return writeAlone(ports, bytes)
    const { promise, resolve, reject } = Promise.withResolvers<Written | null>()
    const one: Waiting = { ...bytes, resolve, reject }
    waiting.add(one)
    start()
    return promise.finally(() => {
      busy.delete(bytes.jobId)
      start()
    })
  }
}

type AlonePorts = Pick<WritePorts, 'traces' | 'objects'>

/** Stores bytes as an object of their own, in the log's own folder. */
async function writeAlone(ports: AlonePorts, bytes: NewBytes): Promise<Written | null> {
  return await advanceAlone(ports, bytes, await putAlone(ports, bytes))
}

/** Returns the key. */
async function putAlone({ objects }: AlonePorts, { jobId, start, bytes }: NewBytes): Promise<string> {
  const key = `traces/${jobId}/${start}-${randomBytes(9).toString('base64url')}`
  if (bytes.length > 0) await objects.put(key, bytes)
  return key
}

async function advanceAlone(
  { traces, objects }: AlonePorts,
  { jobId, start, bytes, crc }: NewBytes,
  key: string,
): Promise<Written | null> {
  const advanced = await traces.advance({ jobId, start, piece: { start, end: start + bytes.length, key, crc } })
  if (!advanced && bytes.length > 0) await objects.delete([key])
  return advanced
}
