/**
 * What CREATE DATABASE does not copy: settings of the database and of roles in it, and rights on it. Without them, a
 * clone would behave unlike its template.
 */
import { quoteLiteral } from '../../sql/quote.ts'

/**
 * A block that gives `copy` the settings and rights of `source`. What the user may not set is left out: it concerns what
 * superusers alone decide, such as logging.
 *
 * @note `FROM CURRENT` takes values as they are; written out, lists such as that of `search_path` would need to be taken apart.
 */
export function copySettings(source: string, copy: string): string {
  return `DO $pg_sandbox$
DECLARE
  source CONSTANT name := ${quoteLiteral(source)};
  copy CONSTANT name := ${quoteLiteral(copy)};
  given record;
BEGIN
  FOR given IN ${RIGHTS} LOOP
    EXECUTE pg_catalog.format(given.command, copy);
  END LOOP;
  FOR given IN ${SETTINGS} LOOP
    BEGIN
      PERFORM pg_catalog.set_config(given.name, given.value, true);
      EXECUTE pg_catalog.format(given.command, copy);
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END LOOP;
END $pg_sandbox$`
}

/** Rights on a template of the server are not copied: nobody but superusers may make temporary tables in template1. */
const RIGHTS = `
    SELECT 'REVOKE ALL ON DATABASE %I FROM PUBLIC' AS command
    FROM pg_catalog.pg_database WHERE datname = source AND datacl IS NOT NULL AND NOT datistemplate
    UNION ALL
    SELECT pg_catalog.format('GRANT %s ON DATABASE %%I TO %s%s', acl.privilege_type,
      CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(acl.grantee)) END,
      CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' END)
    FROM pg_catalog.pg_database, pg_catalog.aclexplode(datacl) AS acl
    WHERE datname = source AND acl.grantee <> datdba AND NOT datistemplate`

/** A name may have two parts, app.tenant for example. */
const SETTINGS = `
    SELECT pg_catalog.split_part(setting, '=', 1) AS name,
      pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) AS value,
      CASE setrole WHEN 0 THEN 'ALTER DATABASE %I'
        ELSE pg_catalog.format('ALTER ROLE %I IN DATABASE %%I', pg_catalog.pg_get_userbyid(setrole)) END
      || ' SET ' || (
        SELECT pg_catalog.string_agg(pg_catalog.quote_ident(part), '.')
        FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.split_part(setting, '=', 1), '.')) AS part
      ) || ' FROM CURRENT' AS command
    FROM pg_catalog.pg_db_role_setting, pg_catalog.unnest(setconfig) AS setting
    WHERE setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = source)`
