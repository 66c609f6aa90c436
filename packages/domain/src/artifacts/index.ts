/** Stores the files that jobs produce, serves them to people and to other jobs, and removes them when they expire. */
export { admitUpload } from './admit-upload.ts'
export {
  ACCESSIBILITIES,
  ARTIFACT_FORMATS,
  ARTIFACT_TYPES,
  formatOf,
  largestUpload,
  type StoredArtifact,
} from './artifact.ts'
export { type ArchiveEntry, browseArchive, openArchivedFile } from './browse-archive.ts'
export { expireArtifacts } from './expire-artifacts.ts'
export { DamagedFile } from './formats/unzip.ts'
export { keepArtifacts } from './keep-artifacts.ts'
export { authorizeDownload, findArtifact, hasExpired, readArtifact } from './open-artifact.ts'
export { storeArtifact, type UploadChoice } from './store-artifact.ts'
export { TEST_STATUSES } from './test-case.ts'
