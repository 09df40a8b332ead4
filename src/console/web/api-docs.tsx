import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { getJson } from './api.js';
import { Wordmark } from './icons.js';
import './style.css';
import './api-docs.css';

/** The parts of an OpenAPI document that the page shows. */
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Readonly<Record<string, unknown>>;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description?: string }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> };
}

const SOURCE = '/api/openapi.json';

function ApiDocs() {
  const [document, setDocument] = useState<Document | 'failed' | null>(null);
  useEffect(() => {
    getJson<Document>(SOURCE).then((answer) => setDocument(withoutReferences(answer)), () => setDocument('failed'));
  }, []);
  if (document === null) return <p class="empty">Loading…</p>;
  if (document === 'failed') return <p class="empty">{SOURCE} did not answer; load this page again.</p>;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  return (
    <>
      <header>
        <Wordmark />
        <h1>
          {document.info.title} <small>API</small>
        </h1>
        <a href="/">Console</a>
        <a href={SOURCE}>OpenAPI</a>
      </header>
      <div class="api-docs">
        <p>{document.info.description}</p>
        {operations.map(({ name, operation }) => (
          <Endpoint key={name} name={name} operation={operation} />
        ))}
      </div>
    </>
  );
}

function Endpoint({ name, operation: { summary, description, parameters = [], requestBody, responses } }: { name: string; operation: Operation }) {
  return (
    <article class="panel">
      <h3>
        <code>{name}</code> {summary}
      </h3>
      {description !== undefined && description !== '' && <p>{description}</p>}
      {parameters.length > 0 && (
        <dl>
          {parameters.map((parameter) => (
            <div key={parameter.name}>
              <dt>
                <code>{parameter.name}</code> <small>{parameter.in}{parameter.required ? ', required' : ''}</small>
              </dt>
              <dd>
                {parameter.description} <small>{constraints(parameter.schema)}</small>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {requestBody && <Contents name="Body" content={requestBody} />}
      {Object.entries(responses).map(([status, response]) => (
        <Contents key={status} name={`${status === 'default' ? 'otherwise' : status} ${response.description ?? ''}`} content={response} />
      ))}
    </article>
  );
}

/** The document with each `$ref` in an operation replaced by the schema that it names. */
function withoutReferences(document: Document): Document {
  const schemas = document.components?.schemas ?? {};
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const reference = (value as { $ref?: unknown }).$ref;
    if (typeof reference === 'string') return resolve(schemas[reference.replace('#/components/schemas/', '')] ?? {});
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolve(part)]));
  };
  return { ...document, paths: resolve(document.paths) as Document['paths'] };
}

/** `{"type":"integer","minimum":1,"default":50}` → `integer, minimum 1, default 50`. */
function constraints(schema: Parameter['schema']): string {
  return Object.entries(schema ?? {})
    .filter(([name]) => name !== 'pattern' && name !== 'description')
    .map(([name, value]) => (name === 'type' ? String(value) : name === 'enum' ? (value as string[]).join(' | ') : `${name} ${JSON.stringify(value)}`))
    .join(', ');
}

function Contents({ name, content: { content = {} } }: { name: string; content: Content }) {
  return (
    <>
      {Object.entries(content).map(([mediaType, { schema }]) => (
        <details key={mediaType}>
          <summary>
            {name} <small>{mediaType}</small>
          </summary>
          <pre>{JSON.stringify(schema, null, 2)}</pre>
        </details>
      ))}
    </>
  );
}

const root = document.getElementById('docs');
if (root === null) throw new Error('the page has no element #docs');
render(<ApiDocs />, root);
