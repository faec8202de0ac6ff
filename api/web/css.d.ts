/** Styles that the build bundles into page.css. */
declare module "*.css";
