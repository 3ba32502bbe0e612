#!/usr/bin/env bash
# Draws the demo lectures with ffmpeg alone, so they are ours to give away: no footage, no sound, no foreign rights.
# Each shows its own clock (to the tenth of a second), a bar that fills over the whole lecture and a square that
# travels, so that a person sees at once whether playback resumed where it should. None bears a name: the demo shows
# them in several courses.
# A key frame every two seconds keeps seeking exact and fast; faststart lets the browser play before all has arrived.
#
#   bash make-video.sh        needs ffmpeg with libx264, libfreetype and fontconfig
set -euo pipefail
cd "$(dirname "$0")"

rate=12
width=640
height=360

# name, seconds, background, accent
draw() {
  local name=$1 seconds=$2 background=$3 accent=$4
  local font="font='DejaVu Sans'"
  local clock="%{eif\\:trunc(t/60)\\:d}\\:%{eif\\:trunc(mod(t,60))\\:d\\:2}.%{eif\\:trunc(mod(t*10,10))\\:d}"
  ffmpeg -hide_banner -loglevel error -y \
    -f lavfi -i "color=c=${background}:s=${width}x${height}:r=${rate}:d=${seconds}" \
    -f lavfi -i "color=c=${accent}:s=${width}x8:r=${rate}:d=${seconds}" \
    -f lavfi -i "color=c=${accent}:s=36x36:r=${rate}:d=${seconds}" \
    -filter_complex "
      [0][1]overlay=x='-W+W*t/${seconds}':y=H-8:eval=frame[bar];
      [bar][2]overlay=x='(W-w)/2+(W-w)*0.42*sin(t*0.9)':y='H-92+14*cos(t*1.8)':eval=frame[moving];
      [moving]drawtext=${font}:text='${clock}':fontsize=96:fontcolor=white:x=(w-tw)/2:y=96,
      drawtext=${font}:text='of ${seconds} seconds':fontsize=20:fontcolor=white@0.7:x=(w-tw)/2:y=206,
      format=yuv420p[out]" \
    -map "[out]" -an -c:v libx264 -profile:v high -preset veryslow -tune animation -crf 30 -g $((rate * 2)) \
    -movflags +faststart -fflags +bitexact -flags:v +bitexact -map_metadata -1 "${name}.mp4"
}

draw lecture-1 90 "0x16324f" "0x5fb3f9"
draw lecture-2 75 "0x1f3d2b" "0x6fd08c"
draw lecture-3 60 "0x46264d" "0xe39af0"
