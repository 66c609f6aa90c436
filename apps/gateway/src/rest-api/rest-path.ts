/** Where the REST API is, as its document says. */
export const REST_API = '/api/admin/v1'
