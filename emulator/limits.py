"""The numbers of the service, each with its unit in its name.

Source, where no other is given: Developer Guide, "Quotas in Amazon DynamoDB".
"""

KIB = 1024
MIB = 1024 * KIB

# Requests
MAX_REQUEST_BODY_BYTES = 16 * MIB
MAX_HEADER_BYTES = 16 * KIB
MAX_REQUEST_LINE_BYTES = 16 * KIB
MAX_UNCOMPRESSED_BODY_BYTES = 4 * KIB  # larger answers are compressed for clients that take it
MAX_REPORTED_CONSTRAINT_ERRORS = 10
MAX_PRINTED_CHARACTERS = MIB  # of one value in a message; ours: how much the service prints is not known

# Items and values
MAX_ITEM_BYTES = 400 * KIB
MAX_NESTING_LEVELS = 32
MAX_ATTRIBUTE_NAME_BYTES = 65_535
MAX_NUMBER_DIGITS = 38
MAX_NUMBER_EXPONENT = 125  # of the first significant digit
MIN_NUMBER_EXPONENT = -130

# Keys
MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024

# Tables and indexes
MIN_TABLE_NAME_LENGTH = 3
MAX_TABLE_NAME_LENGTH = 255
MAX_TABLE_ARN_LENGTH = 1024
MAX_LOCAL_INDEXES = 5
MAX_GLOBAL_INDEXES = 20
MAX_INDEX_ATTRIBUTES_PER_ROLE = 4
MAX_PROJECTED_ATTRIBUTES = 100  # over all INCLUDE projections of a table
MAX_THROUGHPUT_UNITS = 1_000_000_000_000
MAX_TABLES = 2500  # per account and region
MAX_TABLES_LISTED = 100
MAX_TAGS = 50
MAX_RESOURCE_POLICY_BYTES = 20 * KIB  # white space counted

# Contributor Insights (control_plane.md 4)
MAX_INSIGHTS_RULES = 100  # per account and region
MAX_INSIGHTS_LISTED = 100

# Changes of settings (tables.md 5.2 and 5.6)
FREE_DECREASES_PER_DAY = 4  # of provisioned units; UTC days
SECONDS_BETWEEN_DECREASES = 3600
MAX_ON_DEMAND_SWITCHES_PER_DAY = 4  # rolling
FREE_ENCRYPTION_CHANGES_PER_DAY = 4  # rolling
SECONDS_BETWEEN_ENCRYPTION_CHANGES = 21_600
MAX_TABLE_CLASS_CHANGES_PER_30_DAYS = 2

# Partitions
PARTITION_READ_UNITS = 3000
PARTITION_WRITE_UNITS = 1000
ON_DEMAND_PARTITIONS = 4  # observed: a scan of a new on-demand table costs four minimum units
ON_DEMAND_WARM_READ_UNITS = 12_000
ON_DEMAND_WARM_WRITE_UNITS = 4_000

# Expressions
MAX_EXPRESSION_BYTES = 4096
MAX_EXPRESSION_OPERATORS = 300
MAX_IN_OPERANDS = 100  # the left one included
MAX_PATH_ELEMENTS = 32
MAX_LIST_INDEX = 2_147_483_647
MAX_PLACEHOLDER_BYTES = 255

# Reads
MAX_PAGE_BYTES = MIB
MAX_BATCH_GET_KEYS = 100
MAX_BATCH_GET_BYTES = 16 * MIB
MAX_BATCH_WRITE_REQUESTS = 25

# Statements
MAX_OPTIONS = 100  # values of any attribute in one IN (partiql.md 6.3)
MAX_KEY_OPTIONS = 50  # values of a partition key in one IN (partiql.md 6.3)
MAX_KEY_RANGES = 1000  # ours: beyond, further conditions filter what is read and do not narrow it

# Transactions
MAX_TRANSACTION_BYTES = 4 * MIB
IDEMPOTENCY_SECONDS = 600
MAX_IDEMPOTENCY_TOKENS = 100_000  # ours: the oldest are forgotten beyond

# Vector indexes (vectors.md 1, 10.2 and 11)
MAX_VECTOR_INDEXES = 5
MAX_VECTOR_DIMENSIONS = 4096
MAX_TOP_K = 100
MAX_INLINE_FILTERS = 18
MAX_VECTOR_PROJECTION = 20  # names: NonKeyAttributes, the vector and the INLINE_FILTER attributes
VECTOR_DIMENSION_BYTES = 4
MIN_VECTOR_REQUEST_BYTES = KIB

# Streams
STREAM_RETENTION_SECONDS = 24 * 3600
SHARD_ITERATOR_SECONDS = 15 * 60
MAX_STREAM_PAGE_RECORDS = 1000
MAX_STREAM_PAGE_BYTES = MIB
MAX_LISTED_STREAMS = 100
MAX_LISTED_SHARDS = 100
MIN_SHARD_SECONDS = 60  # ours: a shard is open for that long at least before it is followed by a child
FIRST_SEQUENCE_NUMBER = 10**20  # ours: the least number of 21 digits
MAX_STREAM_RECORDS = 1_000_000  # ours: of one stream; the oldest are trimmed beyond
MAX_DISABLED_STREAMS = 1000  # ours: of one region; the oldest are forgotten beyond

# Event source mappings (API reference of AWS Lambda, CreateEventSourceMapping)
MAX_BATCH_RECORDS = 10_000
MAX_EVENT_BYTES = 6_000_000
MAX_BATCH_WINDOW_SECONDS = 300
MAX_HANDLER_RETRIES = 10_000
MIN_RECORD_AGE_SECONDS = 60
MAX_RECORD_AGE_SECONDS = 604_800
MAX_PARALLELIZATION = 10
MAX_FILTER_PATTERNS = 10  # five, and ten on request
MAX_FILTER_PATTERN_CHARACTERS = 4096
FUNCTION_SECONDS = 900
MAX_DELIVERIES = 10_000  # ours: of changes that were made during a drain

# Time to live
TTL_IGNORED_AFTER_SECONDS = 5 * 365 * 24 * 3600  # an expiry longer ago than five years is taken for a mistake
SECONDS_BETWEEN_TTL_CHANGES = 3600

# Backups and point-in-time recovery (backups_export_import.md 2 to 4)
MAX_RECOVERY_DAYS = 35
RESTORABLE_AFTER_SECONDS = 300  # what was written is in LatestRestorableDateTime after that
MAX_BACKUPS_LISTED = 100
MAX_RESTORES = 50  # at once, per account
SYSTEM_BACKUP_DAYS = 35

# Global tables
SOURCE_REGION_SECONDS = 24 * 3600  # a region that another one was copied from stays a member so long
STRONG_REGIONS = 3  # of a global table with strong consistency, a witness counted
TOMBSTONE_SECONDS = 24 * 3600  # ours: what was written before a deletion arrives within a day

# Capacity
READ_UNIT_BYTES = 4 * KIB
WRITE_UNIT_BYTES = KIB

# Imports, exports and bulk operations
JOB_TOKEN_SECONDS = 8 * 3600
JOB_LISTED_SECONDS = 90 * 24 * 3600
MAX_LISTED_JOBS = 25
MAX_LISTED_BULK_OPERATIONS = 10  # unless asked for more
MIN_EXPORT_WINDOW_SECONDS = 15 * 60
MAX_EXPORT_WINDOW_SECONDS = 24 * 3600
MAX_CONCURRENT_IMPORTS = 50
MAX_LOGGED_IMPORT_ERRORS = 10_000

MAX_OPEN_SAVEPOINTS = 100  # ours: over HTTP
MAX_OPEN_REGIONS = 100  # ours: beyond, those that are empty are forgotten

# Account (DescribeLimits)
ACCOUNT_MAX_UNITS = 80_000
TABLE_MAX_UNITS = 40_000
ENDPOINT_CACHE_MINUTES = 1440
