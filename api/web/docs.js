// Runs in the browser: draws /openapi.json with the local copy of Swagger UI.
globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  // Without this the page would send the schema to a validator elsewhere.
  validatorUrl: null,
});
