# ${{ values.name }} (${{ values.environment }}), of ${{ values.owner }}

module "${{ values.identifier }}" {
  source = "../../../modules/postgresql"

  name        = "${{ values.name }}"
  environment = "${{ values.environment }}"

  engine_version    = "${{ values.version }}"
  instance_size     = "${{ values.size }}"
  storage_gib       = ${{ values.storage }}
  high_availability = ${{ values.highAvailability }}

  backup_retention_days = ${{ values.backupDays }}
  deletion_protection   = ${{ values.environment === 'production' }}

  labels = {
    owner = "${{ values.owner | parseEntityRef({ defaultKind: 'group' }) | pick('name') }}"
  }
}

output "${{ values.identifier }}_address" {
  description = "Where ${{ values.name }} is reached"
  value       = module.${{ values.identifier }}.address
}
