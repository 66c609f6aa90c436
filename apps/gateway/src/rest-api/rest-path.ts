/** The path of the REST API, also in its document. */
export const REST_API = '/api/admin/v1'
