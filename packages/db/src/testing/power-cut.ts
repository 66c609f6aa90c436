export { drawCuts, drawnSeed, drawsOf } from './draw.ts'
export { RecordedDisk } from './recorded-disk.ts'
