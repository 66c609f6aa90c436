import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cutSlowReaders } from './slow-readers.ts'

const PACE = { bytes: 100, withinMs: 8_000 }
const LOOK_MS = PACE.withinMs / 8

/** A connection for which a test sets how much was written and how much still waits. */
class Connection extends EventEmitter {
  bytesWritten = 0
  writableLength = 0
  destroyed = false

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }

  write(bytes: number): void {
    this.bytesWritten += bytes
    this.writableLength += bytes
  }

  take(bytes: number): void {
    this.writableLength -= Math.min(bytes, this.writableLength)
  }
}

const server = new EventEmitter()

function openConnection(): Connection {
  const connection = new Connection()
  server.emit('connection', connection)
  return connection
}

beforeEach(() => {
  vi.useFakeTimers()
  cutSlowReaders(server as Server, PACE)
})
afterEach(() => {
  server.emit('close')
  server.removeAllListeners()
  vi.useRealTimers()
})

describe('a client that is answered', () => {
  it('is cut when it takes less than the pace within its time', () => {
    const connection = openConnection()
    connection.write(1_000)
    vi.advanceTimersByTime(LOOK_MS)
    connection.take(99)
    vi.advanceTimersByTime(PACE.withinMs - LOOK_MS)
    expect(connection.destroyed).toBe(false)
    vi.advanceTimersByTime(LOOK_MS)
    expect(connection.destroyed).toBe(true)
  })

  it('gets the whole answer when it keeps the pace, however long that takes', () => {
    const connection = openConnection()
    connection.write(2_000)
    for (let times = 0; times < 20; times++) {
      vi.advanceTimersByTime(PACE.withinMs - LOOK_MS)
      connection.take(100)
      vi.advanceTimersByTime(LOOK_MS)
    }
    expect(connection.destroyed).toBe(false)
    expect(connection.writableLength).toBe(0)
  })

  it('may be silent for ever once it has read everything', () => {
    const connection = openConnection()
    connection.write(50)
    vi.advanceTimersByTime(LOOK_MS)
    connection.take(50)
    vi.advanceTimersByTime(PACE.withinMs * 100)
    expect(connection.destroyed).toBe(false)
  })

  it('need not read more than waits for it', () => {
    const connection = openConnection()
    connection.write(60)
    vi.advanceTimersByTime(LOOK_MS)
    connection.take(60)
    connection.write(10)
    vi.advanceTimersByTime(PACE.withinMs - LOOK_MS)
    expect(connection.destroyed).toBe(false)
  })
})
