"""Buckets: directories of this machine that stand for Amazon S3, and the files that DynamoDB reads and writes there."""
