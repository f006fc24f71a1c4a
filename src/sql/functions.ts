import { words } from './keywords.ts'

// Made from pg_proc of PostgreSQL 15: the functions of pg_catalog that are immutable or stable, without those that only serve
// operators, types and indexes; by hand, the volatile ones that do no more than tell something, and the additions of 16 to 18.
// Left out on purpose, since they write, lock, notify, change settings, or run SQL that they are given: nextval, setval, setseed,
// set_config, pg_notify, *advisory*, lo_*, *_to_xml, ts_stat, ts_rewrite, pg_export_snapshot, pg_current_xact_id, *slot*,
// pg_replication_*, pg_logical_*, pg_terminate_*, pg_cancel_*, pg_stat_reset*, and all that starts, stops or loads something.

/** Text search, JSON and XML. */
const textSearchJsonXml = `
  array_to_json array_to_tsvector get_current_ts_config json_agg json_agg_strict json_array_elements json_array_elements_text
  json_array_length json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text
  json_object json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict json_object_keys
  json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_to_tsvector json_typeof
  jsonb_agg jsonb_agg_strict jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
  jsonb_build_object jsonb_concat jsonb_contained jsonb_contains jsonb_delete jsonb_delete_path jsonb_each jsonb_each_text
  jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object
  jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict jsonb_object_keys
  jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array
  jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
  jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
  jsonb_to_tsvector jsonb_typeof numnode phraseto_tsquery plainto_tsquery row_to_json setweight strip to_json to_jsonb
  to_tsquery to_tsvector ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_token_type
  tsquery_and tsquery_not tsquery_or tsquery_phrase tsvector_concat tsvector_to_array websearch_to_tsquery xml
  xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xmlagg xmlcomment xmlexists xmltext xmlvalidate
  xpath xpath_exists`

/** The catalog, the session and the server. */
const catalogAndServer = `
  aclcontains acldefault aclexplode age col_description current_database current_query current_schema current_schemas
  current_user currval format_type getdatabaseencoding getpgusername has_any_column_privilege
  has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege
  has_largeobject_privilege has_parameter_privilege has_schema_privilege has_sequence_privilege has_server_privilege
  has_table_privilege has_tablespace_privilege has_type_privilege inet_client_addr inet_client_port inet_server_addr
  inet_server_port lastval mxid_age obj_description pg_available_extension_versions pg_available_extensions pg_backend_pid
  pg_basetype pg_blocking_pids pg_char_to_encoding pg_client_encoding pg_collation_actual_version pg_collation_for
  pg_collation_is_visible pg_column_compression pg_column_is_updatable pg_column_size pg_conf_load_time pg_config
  pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_conversion_is_visible pg_current_logfile
  pg_current_snapshot pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_cursor
  pg_database_collation_actual_version pg_database_size pg_describe_object pg_encoding_max_length pg_encoding_to_char
  pg_extension_update_paths pg_filenode_relation pg_function_is_visible pg_get_acl pg_get_backend_memory_contexts
  pg_get_catalog_foreign_keys pg_get_constraintdef pg_get_expr pg_get_function_arg_default pg_get_function_arguments
  pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef
  pg_get_keywords pg_get_multixact_members pg_get_object_address pg_get_partition_constraintdef pg_get_partkeydef
  pg_get_replica_identity_index pg_get_ruledef pg_get_serial_sequence pg_get_shmem_allocations pg_get_statisticsobjdef
  pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions pg_get_triggerdef pg_get_userbyid pg_get_viewdef
  pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_has_role pg_hba_file_rules pg_ident_file_mappings
  pg_identify_object pg_identify_object_as_address pg_index_column_has_property pg_index_has_property pg_indexam_has_property
  pg_indexes_size pg_input_error_info pg_input_is_valid pg_is_in_recovery pg_is_other_temp_schema pg_is_wal_replay_paused
  pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
  pg_listening_channels pg_lock_status pg_ls_archive_statusdir pg_ls_dir pg_ls_logdir pg_ls_tmpdir pg_ls_waldir pg_lsn
  pg_mcv_list_items pg_my_temp_schema pg_notification_queue_usage pg_opclass_is_visible pg_operator_is_visible
  pg_opfamily_is_visible pg_options_to_table pg_partition_ancestors pg_partition_root pg_partition_tree
  pg_postmaster_start_time pg_prepared_statement pg_prepared_xact pg_read_binary_file pg_read_file pg_relation_filenode
  pg_relation_filepath pg_relation_is_publishable pg_relation_is_updatable pg_relation_size pg_safe_snapshot_blocking_pids
  pg_sequence_last_value pg_sequence_parameters pg_settings_get_flags pg_show_all_file_settings pg_show_all_settings
  pg_size_bytes pg_size_pretty pg_sleep pg_sleep_for pg_sleep_until pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin
  pg_stat_file pg_statistics_obj_is_visible pg_table_is_visible pg_table_size pg_tablespace_databases pg_tablespace_location
  pg_tablespace_size pg_timezone_abbrevs pg_timezone_names pg_total_relation_size pg_trigger_depth pg_ts_config_is_visible
  pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible pg_typeof pg_visible_in_snapshot
  pg_wal_lsn_diff pg_walfile_name pg_walfile_name_offset pg_xact_commit_timestamp pg_xact_status row_security_active
  session_user shobj_description to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc
  to_regprocedure to_regrole to_regtype to_regtypemod txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin
  txid_visible_in_snapshot version`

/** Everything else: numbers, text, dates, arrays, ranges, geometry, networks, aggregates, windows. */
const values = `
  abbrev abs acos acosd acosh any_value area array_agg array_append array_cat array_dims array_fill array_length array_lower
  array_ndims array_position array_positions array_prepend array_remove array_replace array_reverse array_sample array_shuffle
  array_sort array_to_string array_upper arraycontained arraycontains arrayoverlap ascii asin asind asinh atan atan2 atan2d
  atand atanh avg bit bit_and bit_count bit_length bit_or bit_xor bool bool_and bool_or bound_box box bpchar broadcast btrim
  cardinality casefold cash_words cbrt ceil ceiling center char char_length character_length chr cidr circle clock_timestamp
  concat concat_ws convert convert_from convert_to corr cos cosd cosh cot cotd count covar_pop covar_samp crc32 crc32c
  cume_dist date date_add date_bin date_part date_subtract date_trunc datemultirange daterange decode degrees dense_rank
  diagonal diameter div encode enum_first enum_last enum_range erf erfc every exp extract factorial family first_value float4
  float8 floor format gamma gcd gen_random_uuid generate_series generate_subscripts get_bit get_byte height host hostmask
  icu_unicode_version inet_merge inet_same_family initcap int2 int4 int4multirange int4range int8 int8multirange int8range
  interval is_normalized isclosed isempty isfinite ishorizontal isopen isparallel isperp isvertical justify_days justify_hours
  justify_interval lag last_value lcm lead left length lgamma like like_escape line ln log log10 lower lower_inc lower_inf
  lpad lseg ltrim macaddr macaddr8 macaddr8_set7bit make_date make_interval make_time make_timestamp make_timestamptz masklen
  max md5 min min_scale mod mode money multirange name netmask network normalize notlike now npoints nth_value ntile
  num_nonnulls num_nulls numeric nummultirange numrange octet_length oid oidvectortypes overlaps overlay parse_ident path
  pclose percent_rank percentile_cont percentile_disc pi point polygon popen position pow power quote_ident quote_literal
  quote_nullable radians radius random random_normal range_adjacent range_agg range_contained_by range_contains
  range_intersect range_intersect_agg range_merge range_minus range_overlaps range_union rank regclass regexp_count
  regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
  regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace
  reverse right round row_number rpad rtrim scale set_bit set_byte set_masklen sha224 sha256 sha384 sha512 sign similar_escape
  similar_to_escape sin sind sinh slope split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp
  string_agg string_to_array string_to_table strpos substr substring sum tan tand tanh text textcat textlen time timeofday
  timestamp timestamptz timetz timezone to_ascii to_bin to_char to_date to_hex to_number to_oct to_timestamp
  transaction_timestamp translate trim_array trim_scale trunc tsmultirange tsrange tstzmultirange tstzrange unicode_assigned
  unicode_version unistr unnest upper upper_inc upper_inf uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7 var_pop
  var_samp varbit varchar variance width width_bucket xid`

/** What follows `pg_stat_get_`. */
const statistics = `
  activity analyze_count archiver autoanalyze_count autovacuum_count backend_activity backend_activity_start
  backend_client_addr backend_client_port backend_dbid backend_idset backend_io backend_pid backend_start backend_userid
  backend_wait_event backend_wait_event_type backend_xact_start bgwriter_buf_written_checkpoints bgwriter_buf_written_clean
  bgwriter_maxwritten_clean bgwriter_requested_checkpoints bgwriter_stat_reset_time bgwriter_timed_checkpoints blocks_fetched
  blocks_hit buf_alloc buf_fsync_backend buf_written_backend checkpoint_sync_time checkpoint_write_time db_active_time
  db_blk_read_time db_blk_write_time db_blocks_fetched db_blocks_hit db_checksum_failures db_checksum_last_failure
  db_conflict_all db_conflict_bufferpin db_conflict_lock db_conflict_snapshot db_conflict_startup_deadlock
  db_conflict_tablespace db_deadlocks db_idle_in_transaction_time db_numbackends db_session_time db_sessions
  db_sessions_abandoned db_sessions_fatal db_sessions_killed db_stat_reset_time db_temp_bytes db_temp_files db_tuples_deleted
  db_tuples_fetched db_tuples_inserted db_tuples_returned db_tuples_updated db_xact_commit db_xact_rollback dead_tuples
  function_calls function_self_time function_total_time ins_since_vacuum io last_analyze_time last_autoanalyze_time
  last_autovacuum_time last_vacuum_time live_tuples mod_since_analyze numscans progress_info slru snapshot_timestamp
  subscription subscription_stats tuples_deleted tuples_fetched tuples_hot_updated tuples_inserted tuples_returned
  tuples_updated vacuum_count wal wal_receiver`

/** The functions of pg_catalog that are known only to read; a call of any other one makes a statement `other`. */
export const readingFunctions: ReadonlySet<string> = new Set([
  ...words(`${textSearchJsonXml} ${catalogAndServer} ${values}`),
  ...[...words(statistics)].map((name) => `pg_stat_get_${name}`),
])
